"""What does not fit in a rule's document, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.detection.rule_files import BadRuleFile
from orchestrator.detection.yaml_files import BadYaml
from orchestrator.errors import BadInput


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; without a line it is the document as a whole."""

    message: str
    fix: str = ""
    line: int | None = None
    column: int | None = None
    field: str | None = None


def faults_of(refused: BadInput) -> Sequence[Fault]:
    match refused:
        case BadRuleFile():
            return [Fault(each.message, each.fix, each.line, each.column, each.field) for each in refused.problems]
        case BadYaml():
            return [Fault(refused.message, refused.fix or "", refused.line, refused.column)]
    return [Fault(f"{refused.detail}.", refused.fix or "")]
