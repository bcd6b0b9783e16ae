"""Why and why not: for any customer and time, what each rule made of the events and what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import RuleState
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.case_facts import MomentThen, moments_until
from orchestrator.insights.explain.facts import Past, RuleThen, past_until, rules_at
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.of_case import of_case
from orchestrator.insights.explain.of_trace import after_moment, found, not_recorded, since, toward
from orchestrator.insights.explain.telling import Reason, headline
from orchestrator.insights.explain.tracing import Trace, trace
from orchestrator.insights.explain.words import Say
from orchestrator.intake.event import Event
from orchestrator.intake.tables import CustomerRow

_RUNNING = (RuleState.PUBLISHED, RuleState.SHADOW, RuleState.PAUSED)


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What a rule did until `at`: its steps, the moment that was recorded, and the sentences, first to last."""

    then: RuleThen
    trace: Trace
    moment: MomentThen | None
    reasons: tuple[Reason, ...]
    at: datetime

    @property
    def headline(self) -> Reason:
        return headline(self.reasons)

    @property
    def is_silent(self) -> bool:
        """Whether nothing came that the rule looks at."""
        return any(each.say in (Say.NOTHING_SEEN, Say.NOT_YET) for each in self.reasons)

    def reader(self, language: Language, zone: ZoneInfo) -> Reader:
        """Return who reads these sentences: the day asked about needs no naming."""
        return Reader(language, zone, self.at.astimezone(zone).date())

    def sentences(self, language: Language, zone: ZoneInfo) -> list[str]:
        reader = self.reader(language, zone)
        return [reason.read(reader) for reason in self.reasons]


async def explain(
    session: AsyncSession, customer: CustomerRow, library: RuleLibrary, *, at: datetime, rule: str | None = None
) -> list[RuleAnswer]:
    """Return an answer for every rule, by name, or for the one that is named. Times are aware UTC."""
    past = await past_until(session, customer, at)
    moments = await moments_until(session, library, customer.id, at)
    answers = []
    for then in await rules_at(session, library, at, named=rule):
        moment = moments.get(then.rule.name)
        traced = trace(then.rule, _told(past, moment, at), until=at)
        answers.append(RuleAnswer(then, traced, moment, tuple(_reasons(then, traced, moment, past, at)), at))
    return answers


def _told(past: Past, known: MomentThen | None, at: datetime) -> Sequence[Event]:
    """Return the events; of a moment that was taken back only after `at`, those that had reached us at `at`."""
    is_to_be_withdrawn = known is not None and known.is_withdrawn and known.withdrawn_by(at) is None
    return past.known_by(at) if is_to_be_withdrawn else past.events


def _reasons(then: RuleThen, traced: Trace, known: MomentThen | None, past: Past, at: datetime) -> Iterator[Reason]:
    if then.first_at > at:
        yield Reason(Say.NOT_YET, {"at": then.first_at})
        return
    if then.state not in _RUNNING:
        yield Reason(Say.NOT_IN_FORCE, {"state": then.state})
    elif then.state is RuleState.PAUSED:
        yield Reason(Say.PAUSED)
    last = traced.found[-1] if traced.found else None
    if known is not None and (last is None or known.moment.at >= last.at):
        key, moment_at = known.moment.key, known.moment.at
        # What took a moment back hides it from a trace: it came about without.
        led = trace(then.rule, past.known_by(known.moment.found_at), until=moment_at) if known.is_withdrawn else traced
        yield from toward(then, led, key, moment_at)
        yield found(then, known.moment.version, key, moment_at, led)
        own = next((step for step in reversed(led.found) if (step.key, step.at) == (key, moment_at)), None)
        last = own or last
        beside = after_moment(then, traced, key, moment_at)
        yield from of_case(known, own.attributes if own is not None else None, beside, at)
    elif last is not None:
        yield from toward(then, traced, last.key or "", last.at)
        yield found(then, then.version, last.key or "", last.at, traced)
        yield not_recorded(then, last, past.arrivals)
        yield from after_moment(then, traced, last.key or "", last.at)
    yield from since(then, traced, last)
