"""Events and rules with defaults; a test states only what it is about. Times are minutes after one Monday morning."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.detection.backtest import Backtest, run_backtest
from orchestrator.detection.compiled import CompiledRule, compile_rule
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.rules import RuleDocument
from orchestrator.intake.event import Event

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def minutes(time: datetime) -> float:
    return (time - START) / timedelta(minutes=1)


def an_event(
    event_type: str, minute: float = 0, identity: str | None = None, *, customer: str = "c", source: str = "web", **data: Any
) -> Event:
    identity = identity or f"{event_type}@{minute:g}"
    return Event(source=source, id=identity, type=event_type, subject=customer, time=at(minute), data=data)


def a_rule(detect: dict[str, Any], **fields: Any) -> CompiledRule:
    given = {"rule": "r", "moment": "m", "steps": [{"callback": {"queue": "q"}}], "expires": "1h", "detect": detect}
    return compile_rule(RuleDocument.model_validate(given | fields))


def an_occurrence(*types: str, where: str | None = None, key: str | None = None, **fields: Any) -> CompiledRule:
    patterns = [{"type": name} | ({"where": where} if where else {}) for name in types or ("x",)]
    return a_rule({"occurrence": {"on": patterns} | ({"key": key} if key else {})}, **fields)


def an_absence(
    *, within: str | None = "20m", due: dict[str, Any] | None = None, key: str | None = None, **fields: Any
) -> CompiledRule:
    """Starts on `start`, is touched by `touch`, satisfied by `until`; with `due`, never touched."""
    absence: dict[str, Any] = {"start": [{"type": "start"}], "until": [{"type": "until"}]}
    absence |= {"due": due} if due else {"within": within, "touch": [{"type": "touch"}]}
    return a_rule({"absence": absence | ({"key": key} if key else {})}, **fields)


def a_score(
    *events: dict[str, Any], threshold: float = 3, within: str = "10m", key: str | None = None, **fields: Any
) -> CompiledRule:
    """Scores `x` by ones unless told otherwise, and is emptied by `until`."""
    score: dict[str, Any] = {"events": list(events) or [{"type": "x"}], "until": [{"type": "until"}]}
    score |= {"within": within, "threshold": threshold} | ({"key": key} if key else {})
    return a_rule({"score": score}, **fields)


def run(rules: CompiledRule | Iterable[CompiledRule], *events: Event, until: float | None = None, salt: str = "") -> Backtest:
    rulebook = Rulebook([rules] if isinstance(rules, CompiledRule) else rules)
    return run_backtest(rulebook, events, until=None if until is None else at(until), salt=salt)


def times(result: Backtest) -> list[float]:
    """The minutes at which moments were found."""
    return [minutes(moment.at) for moment in result.moments]


def evidence(result: Backtest) -> list[list[str]]:
    """The ids of each moment's evidence."""
    return [[position.id for position in moment.found.evidence] for moment in result.moments]


def verdicts(result: Backtest) -> list[str]:
    return [moment.verdict.value for moment in result.moments]


def keys(result: Backtest) -> list[tuple[str, str]]:
    """Customer and key of each moment."""
    return [(moment.customer, moment.key) for moment in result.moments]
