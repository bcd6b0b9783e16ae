"""What one rule made of a customer's events, step by step: the detection engine run once more, and watched."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.detection.compiled import CompiledRule, Score
from orchestrator.detection.effects import AllMomentsEnded, Effect, ExpressionFailed, MomentFound, MomentsResolved
from orchestrator.detection.exact import Exact
from orchestrator.detection.expressions import Scope
from orchestrator.detection.journey import Journey
from orchestrator.detection.patterns import Pattern
from orchestrator.detection.rulebook import Role, Rulebook
from orchestrator.insights.explain.unmet import Unmet, unmet
from orchestrator.intake.event import Event, Position
from orchestrator.intake.json_text import JsonValue

_TICK = timedelta(microseconds=1)


class Happened(StrEnum):
    OPENED = "opened"  # a watch began
    MOVED = "moved"  # its deadline moved
    SATISFIED = "satisfied"  # what was waited for came in time
    COUNTED = "counted"  # an event was added to a score
    EMPTIED = "emptied"  # a score was forgotten
    FOUND = "found"  # a moment
    CAME_LATE = "came_late"  # what was waited for came after the moment
    SETTLED = "settled"  # what the moment was about settled itself
    UNMET = "unmet"  # an event of the right type, whose condition did not hold
    FAILED = "failed"  # an expression had no value


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a rule did at `at` (aware UTC). Which of the others are set depends on `what`."""

    what: Happened
    at: datetime
    key: str | None = None
    event: Position | None = None
    event_type: str | None = None
    deadline: datetime | None = None
    total: Exact | None = None
    place: str | None = None
    unmet: tuple[Unmet, ...] = ()
    attributes: Mapping[str, JsonValue] | None = None  # the customer's, as a moment was found
    after: timedelta | None = None  # how long after the moment


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps in order, and the watches that are open at the end, by key, with their deadlines."""

    steps: tuple[Step, ...]
    watching: Mapping[str, datetime]
    counted: Mapping[str, Exact]

    @property
    def found(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.what is Happened.FOUND)


def trace(rule: CompiledRule, events: Iterable[Event], *, until: datetime) -> Trace:
    """Run a rule over a customer's events up to and including `until`, in the order of their time, source and id."""
    tracer = _Tracer(rule)
    for event in sorted((event for event in events if event.time <= until), key=lambda event: event.position):
        tracer.see(event)
    tracer.wait(until)
    return Trace(tuple(tracer.steps), tracer.deadlines(), tracer.totals())


class _Tracer:
    def __init__(self, rule: CompiledRule) -> None:
        self._rule, self._rulebook = rule, Rulebook([rule])
        self._journey = Journey(self._rulebook)
        self._found: dict[str, datetime] = {}  # the last moment of each key
        self.steps: list[Step] = []

    def deadlines(self) -> dict[str, datetime]:
        customers = self._journey.customers.values()
        return {key: watch.deadline for each in customers for (_, key), watch in each.watches.items()}

    def totals(self) -> dict[str, Exact]:
        customers = self._journey.customers.values()
        return {key: window.total for each in customers for (_, key), window in each.windows.items()}

    def see(self, event: Event) -> None:
        if event.type == "customer.identified":  # all ids are one customer here already
            return
        if self._rulebook.plan(event.type).is_empty:
            return
        self.wait(event.time - _TICK)
        deadlines, totals = self.deadlines(), self.totals()
        effects = self._journey.apply(event)
        steps = [*self._watches(event, deadlines, effects), *self._scores(event, totals, effects)]
        found = any(isinstance(effect, MomentFound) for effect in effects)
        self.steps.extend([] if steps or found else self._unmoved(event, effects))
        # What an event counted for comes before the moment that it made.
        self.steps.extend(steps)
        self._tell(effects, event)

    def wait(self, until: datetime) -> None:
        """Let the deadlines up to `until` pass: those at an event's own instant pass only after it."""
        self._tell(self._journey.advance(until))

    def _tell(self, effects: Iterable[Effect], event: Event | None = None) -> None:
        for effect in effects:
            match effect:
                case MomentFound(at=at, key=key, evidence=evidence, attributes=attributes):
                    self._found[key] = at
                    kind = event.type if event is not None else None  # none: a deadline passed
                    self.steps.append(Step(Happened.FOUND, at, key, evidence[-1], kind, attributes=attributes))
                case MomentsResolved(at=at, key=resolved, by=by):
                    self._settle(at, by, event, [resolved] if resolved is not None else list(self._found))
                case AllMomentsEnded(at=at, by=by):
                    self._settle(at, by, event, list(self._found))
                case _:
                    pass

    def _settle(self, at: datetime, by: Position, event: Event | None, keys: Iterable[str]) -> None:
        for key in keys:
            if (found := self._found.pop(key, None)) is not None and event is not None:
                self.steps.append(Step(Happened.SETTLED, at, key=key, event=by, event_type=event.type, after=at - found))

    def _unmoved(self, event: Event, effects: Iterable[Effect]) -> Iterator[Step]:
        """Tell why an event that the rule looks at changed nothing."""
        failed = [each for each in effects if isinstance(each, ExpressionFailed) and not each.is_condition]
        for failure in failed:
            yield Step(Happened.FAILED, event.time, event=event.position, event_type=event.type, place=failure.place)
        patterns = [each for candidate in self._rulebook.plan(event.type).detectors for each in candidate.patterns]
        if failed or not patterns:
            return
        attributes = self._journey.customers[event.subject].attributes
        scope = Scope(event, attributes)
        role = next((role for role, pattern in patterns if _matches(pattern, scope)), None)
        beginning = [pattern for role, pattern in patterns if role is Role.START]
        if role is None and beginning:
            missed = unmet(beginning, scope)
            yield Step(Happened.UNMET, event.time, event=event.position, event_type=event.type, unmet=missed)
        elif role is Role.UNTIL and self._found and not any(isinstance(each, MomentsResolved) for each in effects):
            key, found = max(self._found.items(), key=lambda item: item[1])
            after = event.time - found
            yield Step(Happened.CAME_LATE, event.time, key, event.position, event.type, after=after)

    def _watches(self, event: Event, before: Mapping[str, datetime], effects: Iterable[Effect]) -> Iterable[Step]:
        found = {effect.key for effect in effects if isinstance(effect, MomentFound)}
        after = self.deadlines()
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key), after.get(key)
            if new is not None and new != old:
                what = Happened.OPENED if old is None else Happened.MOVED
                yield Step(what, event.time, key, event.position, event.type, new)
            elif new is None and old is not None and key not in found:
                yield Step(Happened.SATISFIED, event.time, key, event.position, event.type, old)

    def _scores(self, event: Event, before: Mapping[str, Exact], effects: Iterable[Effect]) -> Iterable[Step]:
        if not isinstance(self._rule.detector, Score):
            return
        found = {effect.key for effect in effects if isinstance(effect, MomentFound)}
        after = self.totals()
        for key in sorted(before.keys() | after.keys()):
            if key in after and after[key] != before.get(key):
                yield Step(Happened.COUNTED, event.time, key, event.position, event.type, total=after[key])
            elif key not in after and key not in found:
                yield Step(Happened.EMPTIED, event.time, key, event.position, event.type)


def _matches(pattern: Pattern, scope: Scope) -> bool:
    return pattern.where is None or pattern.where.holds(scope) is True
