"""What the lint says: where, how bad, why, and how to mend it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from orchestrator.detection.compiled import CompiledRule, place
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.yaml_files import Path, YamlFile
from orchestrator.sayings import Saying, saying


class Code(StrEnum):
    NO_WINDOW = "no_window"
    MISSING_CONSENT = "missing_consent"
    ENDLESS_RETRY = "endless_retry"
    WAIT_BEYOND_EXPIRY = "wait_beyond_expiry"
    OVERLAP = "overlap"
    MARKETING_RENEWAL = "marketing_renewal"
    IMPOSSIBLE_CONDITION = "impossible_condition"
    MIXED_ARITHMETIC = "mixed_arithmetic"
    UNKNOWN_QUEUE = "unknown_queue"
    UNKNOWN_SCRIPT = "unknown_script"


class Severity(StrEnum):
    ERROR = "error"  # stops a publish
    WARNING = "warning"  # is confirmed by who publishes


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at. Line and column count from 1, and are those of the value in the file."""

    file: str
    line: int
    column: int
    rule: str
    code: Code
    severity: Severity
    message: str
    fix: str

    @property
    def told(self) -> str:
        """Return the message without the place that it begins with."""
        told: str = self.message.values.get("message", self.message) if isinstance(self.message, Saying) else self.message
        return told

    def __str__(self) -> str:
        spot = f"{self.file}:{self.line}:{self.column}"
        return f"{spot}: {self.severity}: {self.code}: {self.message} {self.fix}"

    def as_json(self) -> dict[str, str | int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LintedRule:
    """A rule with the file it stands in, so that a finding can point into it."""

    rule: CompiledRule
    file: YamlFile

    @property
    def name(self) -> str:
        return self.rule.name

    @property
    def document(self) -> RuleDocument:
        return self.rule.document

    def error(self, code: Code, path: Path, message: str, fix: str) -> Finding:
        return self._finding(code, Severity.ERROR, path, message, fix)

    def warning(self, code: Code, path: Path, message: str, fix: str) -> Finding:
        return self._finding(code, Severity.WARNING, path, message, fix)

    def _finding(self, code: Code, severity: Severity, path: Path, message: str, fix: str) -> Finding:
        spot = self.file.spot(path)
        told = saying("{place}: {message}", place=place(path), message=message)
        return Finding(self.file.name, spot.line, spot.column, self.name, code, severity, told, fix)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by file and place, each once."""
    return sorted(set(findings), key=lambda each: (each.file, each.line, each.column, each.code, each.message))
