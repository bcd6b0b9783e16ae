"""What a rule made of the events, in sentences: how a moment came about, and why there was none. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from orchestrator.detection.compiled import Score
from orchestrator.detection.tables import RuleState
from orchestrator.insights.explain.facts import Arrival, RuleThen
from orchestrator.insights.explain.telling import EventNamed, Figure, Place, Reason
from orchestrator.insights.explain.tracing import Happened, Step, Trace
from orchestrator.insights.explain.words import Say
from orchestrator.intake.event import Position

_MOST = 6  # steps toward one moment that are told, the last ones
_SAYS = {
    Happened.OPENED: Say.OPENED,
    Happened.MOVED: Say.MOVED,
    Happened.COUNTED: Say.COUNTED,
    Happened.EMPTIED: Say.EMPTIED,
    Happened.CAME_LATE: Say.CAME_LATE,
    Happened.SETTLED: Say.SETTLED,
    Happened.FAILED: Say.FAILED,
}
_TOWARD = (Happened.OPENED, Happened.MOVED, Happened.COUNTED)
_ONCE = (Happened.FAILED, Happened.UNMET, Happened.EMPTIED, Happened.SATISFIED)
_AFTERWARDS = (Happened.CAME_LATE, Happened.SETTLED)


def toward(then: RuleThen, traced: Trace, key: str, at: datetime) -> Iterator[Reason]:
    """Yield how the moment of a key at `at` came about: the events since the key was last empty."""
    steps = [step for step in traced.steps if step.key == key and step.at <= at and step.what is not Happened.SETTLED]
    begun = max((i for i, step in enumerate(steps) if step.what not in _TOWARD and step.at < at), default=-1)
    yield from (of_step(then, step) for step in [s for s in steps[begun + 1 :] if s.what in _TOWARD][-_MOST:])


def found(then: RuleThen, version: int, key: str, at: datetime, traced: Trace) -> Reason:
    """Tell that there was a moment, by what came at that very instant where something did."""
    step = next((each for each in traced.found if each.key == key and each.at == at), None)
    if step is not None and step.event_type is not None:
        return Reason(Say.FOUND_NOW, {"at": at, "version": version, "what": EventNamed(step.event_type)})
    return Reason(Say.FOUND, {"at": at, "version": version})


def not_recorded(then: RuleThen, step: Step, arrivals: Mapping[Position, Arrival]) -> Reason:
    """Tell why a moment that the events make was not acted on."""
    if then.state is RuleState.SHADOW:
        return Reason(Say.ONLY_IN_SHADOW)
    arrival = arrivals.get(step.event) if step.event is not None else None
    if arrival is None:
        return Reason(Say.NOT_RECORDED)
    if not arrival.detected:
        return Reason(Say.CAME_TOO_LATE)
    if then.was_paused(arrival.at):
        return Reason(Say.CAME_WHILE_PAUSED)
    return Reason(Say.BEFORE_THE_RULE, {"since": then.since}) if arrival.at < then.since else Reason(Say.NOT_RECORDED)


def after_moment(then: RuleThen, traced: Trace, key: str, at: datetime) -> list[Reason]:
    """Return what came after a moment and concerned it: too late to prevent it, or in time to settle it."""
    return [of_step(then, step) for step in traced.steps if step.what in _AFTERWARDS and step.key == key and step.at >= at]


def since(then: RuleThen, traced: Trace, last: Step | None) -> Iterator[Reason]:
    """Yield what happened after the last moment, or why there was none."""
    steps = [step for step in traced.steps if (last is None or step.at > last.at) and step.what not in _AFTERWARDS]
    if not steps and last is None:
        yield Reason(Say.NOTHING_SEEN)
    yield from _of_steps(then, steps)
    for key, deadline in traced.watching.items():
        begun = next(step for step in reversed(traced.steps) if step.key == key and step.what is Happened.OPENED)
        yield Reason(Say.WATCHING, {"at": begun.at, "deadline": deadline})
    if isinstance(then.rule.detector, Score):
        threshold = then.rule.detector.threshold
        for total in traced.counted.values():
            yield Reason(Say.COUNTING, {"total": total, "threshold": threshold, "short": threshold - total})


def _of_steps(then: RuleThen, steps: Sequence[Step]) -> Iterator[Reason]:
    """Yield the steps toward what is open or counted still, and of every other kind the last, in their order."""
    kept = [step for step in steps if step.what in _TOWARD][-_MOST:]
    for what in _ONCE:
        kept.extend([step for step in steps if step.what is what][-1:])
    yield from (of_step(then, step) for step in sorted(kept, key=lambda step: step.at))


def of_step(then: RuleThen, step: Step) -> Reason:
    figures: dict[str, Figure] = {"at": step.at, "what": EventNamed(step.event_type or "")}
    match step.what:
        case Happened.SATISFIED:
            assert step.deadline is not None  # a watch had one
            if step.deadline == step.at:
                return Reason(Say.SATISFIED_AT_ONCE, figures)
            return Reason(Say.SATISFIED, {**figures, "deadline": step.deadline, "span": step.deadline - step.at})
        case Happened.UNMET if step.unmet:
            return Reason(Say.UNMET, {**figures, "missed": step.unmet})
        case Happened.UNMET:
            return Reason(Say.UNMET_SOMEHOW, figures)
        case Happened.FOUND:
            return found(then, then.version, step.key or "", step.at, Trace((step,), {}, {}))
    if step.deadline is not None:
        figures["deadline"] = step.deadline
    if step.total is not None and isinstance(then.rule.detector, Score):
        figures |= {"total": step.total, "threshold": then.rule.detector.threshold}
    if step.after is not None:
        figures["span"] = step.after
    if step.place is not None:
        figures["place"] = Place(step.place)
    return Reason(_SAYS[step.what], figures)
