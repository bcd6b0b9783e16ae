"""Golden cases, run: weeks of a customer's time in milliseconds of ours."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.detection.backtest import run_backtest
from orchestrator.detection.backtest_replay import JudgedMoment
from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.golden.cases import Case, Outcome, read_cases
from orchestrator.detection.rulebook import Rulebook
from orchestrator.documents import nearest
from orchestrator.errors import BadInput
from orchestrator.intake.timestamps import format_milliseconds

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Result:
    """What a case showed: `missing` was expected and not found, `unexpected` the other way round."""

    rule: str
    case: Case
    missing: tuple[Outcome, ...]
    unexpected: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        return not self.missing and not self.unexpected


def read_case_files(directory: Path, rules: Sequence[CompiledRule]) -> dict[str, list[Case]]:
    """Return the cases in `directory/cases/<rule>.yaml` by rule. Raises `BadInput` for a file that names no rule."""
    by_name = {rule.name: rule for rule in rules}
    folder = directory / "cases"
    paths = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES) if folder.is_dir() else []
    found: dict[str, list[Case]] = {}
    for path in paths:
        if path.stem not in by_name:
            near = nearest(path.stem, list(by_name))
            fix = f"Rename it to {near}{path.suffix}." if near else "Name it after the rule it is for."
            raise BadInput(f"{path} is for no rule of {directory}.", field="cases", fix=fix)
        found.setdefault(path.stem, []).extend(read_cases(path.read_bytes(), by_name[path.stem], name=str(path)))
    return found


def run_case(rule: CompiledRule, case: Case) -> Result:
    """Run a case on its rule alone, as the back-test would."""
    run = run_backtest(Rulebook([rule]), case.events, until=case.until, customers=case.customers)
    expected, found = Counter(case.expected), Counter(_outcome(moment) for moment in run.moments)
    return Result(rule.name, case, tuple((expected - found).elements()), tuple((found - expected).elements()))


def _outcome(moment: JudgedMoment) -> Outcome:
    return Outcome(format_milliseconds(moment.at), moment.customer, moment.key, moment.verdict.value)
