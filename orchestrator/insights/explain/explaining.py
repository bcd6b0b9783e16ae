"""Why and why not: for any customer and time, what each rule made of the events and what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import Score
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.splits import Plan
from orchestrator.detection.tables import MomentStatus, RuleState
from orchestrator.detection.verdicts import Verdict
from orchestrator.escalations.states import State
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.facts import MomentThen, RuleThen, events_until, moments_until, rules_at
from orchestrator.insights.explain.tracing import Happened, Step, Trace, trace
from orchestrator.insights.explain.words import Say, instant, said, span
from orchestrator.insights.why_words import happened
from orchestrator.intake.tables import CustomerRow

_RUNNING = (RuleState.PUBLISHED, RuleState.SHADOW, RuleState.PAUSED)
_VERDICTS = {
    Verdict.ESCALATE: Say.ESCALATED,
    Verdict.JOINED: Say.JOINED,
    Verdict.CONTROL: Say.CONTROL,
    Verdict.SUPPRESSED_WORTH: Say.SUPPRESSED_WORTH,
    Verdict.SUPPRESSED_COOLDOWN: Say.SUPPRESSED_COOLDOWN,
    Verdict.SUPPRESSED_CONSENT: Say.SUPPRESSED_CONSENT,
    Verdict.SUPPRESSED_PAUSED: Say.SUPPRESSED_PAUSED,
}
_PLANS = {Plan.A: Say.PLAN_A, Plan.B: Say.PLAN_B}


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of an answer, and the figures that fill it."""

    say: Say
    figures: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What a rule did by then: its last steps, the moment that was recorded, and the sentences, first to last."""

    then: RuleThen
    trace: Trace
    moment: MomentThen | None
    reasons: tuple[Reason, ...]

    def sentences(self, language: Language, zone: ZoneInfo) -> list[str]:
        return [_sentence(reason, language, zone) for reason in self.reasons]


async def explain(session: AsyncSession, customer: CustomerRow, library: RuleLibrary, *, at: datetime) -> list[RuleAnswer]:
    """Return an answer for every rule, by name. Times are aware UTC."""
    events = await events_until(session, customer, at)
    moments = await moments_until(session, customer.id, at)
    answers = []
    for then in await rules_at(session, library, at):
        traced, moment = trace(then.rule, events, until=at), moments.get(then.rule.name)
        answers.append(RuleAnswer(then, traced, moment, tuple(_reasons(then, traced, moment, at))))
    return answers


def _reasons(then: RuleThen, traced: Trace, moment: MomentThen | None, at: datetime) -> Iterator[Reason]:
    if then.state not in _RUNNING:
        yield Reason(Say.NOT_IN_FORCE, {"state": then.state.value})
    elif then.state is RuleState.PAUSED:
        yield Reason(Say.PAUSED)
    found = traced.found[-1] if traced.found else None
    if moment is not None and (found is None or moment.moment.at >= found.at):
        yield from _of_moment(moment, at)
    elif found is not None:
        yield Reason(Say.FOUND, {"at": found.at})
        yield Reason(Say.ONLY_IN_SHADOW if then.state is RuleState.SHADOW else Say.NOT_RECORDED)
    yield from _since(then, traced, found)


def _of_moment(known: MomentThen, at: datetime) -> Iterator[Reason]:
    """What became of a moment, as far as that was so at `at`."""
    moment, case, decision = known.moment, known.case, known.decision
    yield Reason(Say.FOUND, {"at": moment.at})
    if moment.status is MomentStatus.WITHDRAWN and moment.ended_at is not None and moment.ended_at <= at:
        yield Reason(Say.WITHDRAWN)
        return
    verdict = Verdict(moment.verdict)
    yield Reason(_VERDICTS[verdict])
    if moment.plan is not None and verdict.is_live:
        yield Reason(_PLANS[moment.plan])
    if decision is not None:
        say = Say.GATES if decision.until is None else Say.GATES_UNTIL
        yield Reason(say, {"at": decision.at, "answer": decision.answer, "until": decision.until})
    if case is not None and verdict.is_live:
        if case.state is not State.CLOSED:
            yield Reason(Say.CASE_OPEN, {"state": case.state.value})
        elif (outcome := known.outcome_by(at)) is not None:
            yield Reason(Say.CASE_CLOSED, {"outcome": outcome.value, "at": case.closed_at})
        else:
            yield Reason(Say.CASE_WAS_OPEN)


def _since(then: RuleThen, traced: Trace, found: Step | None) -> Iterator[Reason]:
    """What happened after the last moment, or why there was none."""
    steps = [step for step in traced.steps if found is None or step.at > found.at]
    if not steps and found is None:
        yield Reason(Say.NOTHING_SEEN)
    yield from _last_of(steps)
    for key, deadline in traced.watching.items():
        begun = next(step for step in reversed(traced.steps) if step.key == key and step.what is not Happened.UNMET)
        yield Reason(Say.WATCHING, {"at": begun.at, "deadline": deadline})
    if isinstance(then.rule.detector, Score):
        for total in traced.counted.values():
            figures = {"total": float(total), "threshold": float(then.rule.detector.threshold)}
            yield Reason(Say.COUNTING, dict(figures))


def _last_of(steps: Sequence[Step]) -> Iterator[Reason]:
    """The last satisfied watch, the last event whose conditions did not hold, the last failure: each once."""
    for what in (Happened.FAILED, Happened.UNMET, Happened.EMPTIED, Happened.SATISFIED):
        last = next((step for step in reversed(steps) if step.what is what), None)
        if last is not None:
            yield _of_step(last)


def _of_step(step: Step) -> Reason:
    figures: dict[str, object] = {"at": step.at, "type": step.event_type, "what": step.event_type, "place": step.place}
    match step.what:
        case Happened.SATISFIED:
            assert step.deadline is not None
            say = Say.SATISFIED if step.deadline > step.at else Say.SATISFIED_AT_ONCE
            return Reason(say, {**figures, "deadline": step.deadline, "span": step.deadline - step.at})
        case Happened.EMPTIED:
            return Reason(Say.EMPTIED, figures)
        case Happened.FAILED:
            return Reason(Say.FAILED, figures)
        case _:
            return Reason(Say.UNMET, figures)


def _sentence(reason: Reason, language: Language, zone: ZoneInfo) -> str:
    shown: dict[str, object] = {}
    for name, figure in reason.figures.items():
        if isinstance(figure, datetime):
            shown[name] = instant(figure, zone)
        elif name == "span":
            shown[name] = span(figure, language)  # type: ignore[arg-type]  # a timedelta under this name
        elif name == "what":
            shown[name] = happened(str(figure), language)
        elif isinstance(figure, float):
            shown[name] = f"{figure:g}"
        else:
            shown[name] = figure
    return said(reason.say, language, shown)
