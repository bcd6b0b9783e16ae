"""Moments that only one version found, and why the other did not; moments that both found and judged differently."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.compiled import CompiledRule, Score
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.words import Language
from orchestrator.insights.comparing.words import Because, WhyNot
from orchestrator.insights.explain.facts import past_until
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.tracing import Happened, Step, Trace, trace
from orchestrator.insights.stories import evidence
from orchestrator.intake.tables import CustomerRow, EventRow

_AFTER = timedelta(days=1)  # what came so long after the moment still tells why the other version waited in vain


@dataclass(frozen=True, slots=True)
class Other:
    """The version that did not find a moment; it sees what arrives from `since` on."""

    rule: CompiledRule
    version: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    moment: MomentRow
    customer: CustomerRow
    events: Sequence[EventRow]
    because: Because

    def sentence(self, language: Language, zone: ZoneInfo) -> str:
        """Return why the other version did not find it; the moment's own day is not named again."""
        return self.because.sentence(Reader(language, zone, self.moment.at.astimezone(zone).date()))


@dataclass(frozen=True, slots=True)
class Judged:
    """A moment that both versions found and judged differently, as each of them recorded it."""

    customer: CustomerRow
    live: MomentRow
    shadow: MomentRow


async def sample(session: AsyncSession, moment: MomentRow, other: Other, *, now: datetime) -> Sample:
    """Return a moment with its evidence and why `other` did not find it, as far as events told until a day later."""
    customer = await session.get_one(CustomerRow, moment.customer_id)
    events = await evidence(session, [moment])
    begun = events[0].time if events else moment.at
    if any(event.received_at < other.since for event in events):
        return Sample(moment, customer, events, Because(WhyNot.BEGAN_LATER, other.version, {"since": other.since}))
    until = min(moment.at + _AFTER, now)
    traced = trace(other.rule, (await past_until(session, customer, until)).events, until=until)
    return Sample(moment, customer, events, _because(other, traced, moment, begun))


def _because(other: Other, traced: Trace, moment: MomentRow, begun: datetime) -> Because:
    own = [step for step in traced.steps if step.key in (None, moment.key) and step.at >= begun]
    last = {step.what: step for step in own}
    if (found := last.get(Happened.FOUND)) is not None:
        return _found(other, found.at, moment.at)
    for what in (Happened.SATISFIED, Happened.EMPTIED):
        if what in last:
            return _came(other, last[what])
    if moment.key in traced.watching:
        return Because(WhyNot.WAITING, other.version, {"deadline": traced.watching[moment.key]})
    if moment.key in traced.counted and isinstance(other.rule.detector, Score):
        figures = {"total": float(traced.counted[moment.key]), "threshold": float(other.rule.detector.threshold)}
        return Because(WhyNot.COUNTING, other.version, dict(figures))
    for what in (Happened.FAILED, Happened.UNMET):
        if what in last:
            return _came(other, last[what])
    return Because(WhyNot.NOTHING, other.version)


def _found(other: Other, theirs: datetime, ours: datetime) -> Because:
    if theirs == ours:
        return Because(WhyNot.NOT_THEN, other.version)
    why = WhyNot.EARLIER if theirs < ours else WhyNot.LATER
    return Because(why, other.version, {"at": theirs, "span": abs(ours - theirs)})


def _came(other: Other, step: Step) -> Because:
    figures: dict[str, object] = {"at": step.at, "what": step.event_type, "place": step.place}
    match step.what:
        case Happened.SATISFIED if step.deadline is not None and step.deadline > step.at:
            figures |= {"deadline": step.deadline, "span": step.deadline - step.at}
            return Because(WhyNot.SATISFIED, other.version, figures)
        case Happened.SATISFIED:
            return Because(WhyNot.SATISFIED_AT_ONCE, other.version, figures)
        case Happened.EMPTIED:
            return Because(WhyNot.EMPTIED, other.version, figures)
        case Happened.FAILED:
            return Because(WhyNot.FAILED, other.version, figures)
        case _:
            return Because(WhyNot.UNMET, other.version, figures)
