"""A rule ready to run: its document, its detector with compiled expressions, its worth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import ClassVar
from zoneinfo import ZoneInfo

from orchestrator.detection.exact import ONE, Amount, Exact, exact
from orchestrator.detection.expressions import BadExpression, Expression, Yields, compile_expression
from orchestrator.detection.patterns import Pattern
from orchestrator.detection.rules import (
    AbsenceDocument,
    OccurrenceDocument,
    PatternDocument,
    RuleDocument,
    ScoreDocument,
    WeightedPattern,
    Worth,
)
from orchestrator.detection.yaml_files import Path
from orchestrator.errors import BadInput

Source = tuple[Path, str, Yields]


class BadRule(BadInput):
    """A rule that does not compile: every expression that is wrong, by its path in the document."""

    code = "bad_rule"

    def __init__(self, rule: str, problems: Sequence[tuple[Path, BadExpression]]) -> None:
        path, first = problems[0]
        super().__init__(f"rule {rule}, {place(path)}, {first}", field=place(path), fix=first.fix)
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Occurrence:
    kind: ClassVar[str] = "occurrence"
    on: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class DueDate:
    """`at` yields an instant or a date, whose midnight is that of `zone`; the deadline is `before` it."""

    at: Expression
    before: timedelta
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Absence:
    """Exactly one of `within` and `due` is set."""

    kind: ClassVar[str] = "absence"
    until: tuple[Pattern, ...]
    start: tuple[Pattern, ...]
    touch: tuple[Pattern, ...]
    within: timedelta | None
    due: DueDate | None


@dataclass(frozen=True, slots=True)
class Score:
    kind: ClassVar[str] = "score"
    until: tuple[Pattern, ...]
    events: tuple[Pattern, ...]
    within: timedelta
    threshold: Exact


Detector = Occurrence | Absence | Score


@dataclass(frozen=True, slots=True)
class CompiledWorth:
    value: Amount
    chance: Exact
    call_cost: Exact

    def is_met_by(self, value: Exact) -> bool:
        return value * self.chance >= self.call_cost


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """Without `key`, a moment's key is the customer's id."""

    name: str
    document: RuleDocument
    detector: Detector
    key: Expression | None
    resolve: tuple[Pattern, ...]
    worth: CompiledWorth | None
    confidence: Amount = ONE

    @property
    def keeps_last_event(self) -> bool:
        """Whether an open watch has to keep its last start or touch: worth or confidence of its moment are read from it."""
        amounts = (self.confidence, *(() if self.worth is None else (self.worth.value,)))
        return any(amount.expression is not None for amount in amounts)


def compile_rule(document: RuleDocument) -> CompiledRule:
    """Compile and check every expression of a rule, or raise `BadRule` naming all that are wrong."""
    problems: list[tuple[Path, BadExpression]] = []
    for path, source, yields in expressions_of(document):
        try:
            _expression(source, yields)
        except BadExpression as error:
            problems.append((path, error))
    if problems:
        raise BadRule(document.rule, problems)
    detector, key = _detector(document)
    return CompiledRule(
        name=document.rule,
        document=document,
        detector=detector,
        key=_expression(key, Yields.KEY) if key is not None else None,
        resolve=_patterns(document.resolve, "resolve"),
        worth=_worth(document.worth) if document.worth is not None else None,
        confidence=_amount(document.confidence),
    )


def place(path: Path) -> str:
    """Write a path as `detect.absence.start[0].where`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def expressions_of(document: RuleDocument) -> Iterator[Source]:
    """Yield every expression of a rule with its path and what it must yield."""
    detect = document.detect
    if detect.occurrence is not None:
        yield from _of_lists(("detect", "occurrence"), {"on": detect.occurrence.on})
        yield from _of_field(("detect", "occurrence", "key"), detect.occurrence.key, Yields.KEY)
    if detect.absence is not None:
        yield from _of_absence(detect.absence)
    if detect.score is not None:
        score = detect.score
        yield from _of_lists(("detect", "score"), {"until": score.until, "events": score.events})
        yield from _of_field(("detect", "score", "weight"), score.weight, Yields.NUMBER)
        yield from _of_field(("detect", "score", "key"), score.key, Yields.KEY)
    yield from _of_lists((), {"resolve": document.resolve})
    if document.worth is not None:
        yield from _of_field(("worth", "value"), document.worth.value, Yields.NUMBER)
    yield from _of_field(("confidence",), document.confidence, Yields.SHARE)


def _of_absence(absence: AbsenceDocument) -> Iterator[Source]:
    at: Path = ("detect", "absence")
    yield from _of_lists(at, {"start": absence.start, "touch": absence.touch, "until": absence.until})
    yield from _of_field((*at, "key"), absence.key, Yields.KEY)
    if absence.due is not None:
        yield from _of_field((*at, "due", "at"), absence.due.at, Yields.INSTANT)


def _of_lists(at: Path, lists: dict[str, Sequence[PatternDocument]]) -> Iterator[Source]:
    for name, patterns in lists.items():
        for index, pattern in enumerate(patterns):
            yield from _of_field((*at, name, index, "where"), pattern.where, Yields.CONDITION)
            if isinstance(pattern, WeightedPattern):
                yield from _of_field((*at, name, index, "weight"), pattern.weight, Yields.NUMBER)


def _of_field(at: Path, source: str | int | float | None, yields: Yields) -> Iterator[Source]:
    if isinstance(source, str):
        yield at, source, yields


@lru_cache(maxsize=4096)
def _expression(source: str, yields: Yields) -> Expression:
    return compile_expression(source, yields)


def _detector(document: RuleDocument) -> tuple[Detector, str | None]:
    detect = document.detect
    if detect.occurrence is not None:
        return _occurrence(detect.occurrence), detect.occurrence.key
    if detect.absence is not None:
        return _absence(detect.absence, document.zone), detect.absence.key
    assert detect.score is not None  # the document has exactly one of the three
    return _score(detect.score), detect.score.key


def _occurrence(occurrence: OccurrenceDocument) -> Occurrence:
    return Occurrence(_patterns(occurrence.on, "detect.occurrence.on"))


def _absence(absence: AbsenceDocument, zone: str) -> Absence:
    due = absence.due
    return Absence(
        until=_patterns(absence.until, "detect.absence.until"),
        start=_patterns(absence.start, "detect.absence.start"),
        touch=_patterns(absence.touch, "detect.absence.touch"),
        within=absence.within,
        due=DueDate(_expression(due.at, Yields.INSTANT), due.before, ZoneInfo(zone)) if due is not None else None,
    )


def _score(score: ScoreDocument) -> Score:
    return Score(
        until=_patterns(score.until, "detect.score.until"),
        events=_patterns(score.events, "detect.score.events", weight=_amount(score.weight)),
        within=score.within,
        threshold=exact(score.threshold),
    )


def _patterns(documents: Sequence[PatternDocument], at: str, *, weight: Amount = ONE) -> tuple[Pattern, ...]:
    return tuple(
        Pattern(
            type=document.type,
            where=_expression(document.where, Yields.CONDITION) if document.where is not None else None,
            place=f"{at}[{index}]",
            weight=_amount(document.weight, weight) if isinstance(document, WeightedPattern) else weight,
        )
        for index, document in enumerate(documents)
    )


def _amount(source: str | int | float | None, otherwise: Amount = ONE) -> Amount:
    if source is None:
        return otherwise
    if isinstance(source, str):
        return Amount(0, _expression(source, Yields.NUMBER))
    return Amount(exact(source))


def _worth(worth: Worth) -> CompiledWorth:
    return CompiledWorth(_amount(worth.value), exact(worth.chance), exact(worth.call_cost))
