"""May a rule contact a customer at a time, and if not, when? Every gate's verdict, asked without anything being done."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.decisions import decide
from orchestrator.availability.situation import Situation
from orchestrator.availability.trial import Answer, Trial
from orchestrator.availability.verdicts import Decision, GateCode, GateState, Go, Refuse, Verdict, Wait
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.detection.verdicts import is_control
from orchestrator.errors import BadInput
from orchestrator.escalations.gathering import situation_of, staffing_of
from orchestrator.escalations.prospect import Prospect
from orchestrator.insights.answers.contact import RuleAsked, case_then, cooldown_of, new_contact
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings

# Nobody can tell now how these stand at another time.
OF_NOW = frozenset({GateCode.STAFFING, GateCode.BUDGET, GateCode.KILL_SWITCH})
_SAME_TIME = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the gates say about one contact at `at` (aware UTC).

    `case` is the open escalation whose contact it is; None: that of a moment found then. `as_of_now` are the gates that say
    how they stand now, as nobody can tell for then; empty where it was asked about now.
    """

    rule: str
    version: int
    state: RuleState
    at: datetime
    case: UUID | None
    situation: Situation
    queue: str | None
    decision: Decision
    as_of_now: frozenset[GateCode]

    @property
    def summary(self) -> Trial:
        match self.decision:
            case Go():
                return Trial(Answer.GO)
            case Wait(until=until, reasons=reasons):
                return Trial(Answer.WAIT, until, reasons)
            case Refuse(reasons=reasons):
                return Trial(Answer.REFUSE, reasons=reasons)


async def answer(
    session: AsyncSession,
    customer: CustomerRow,
    rule: str,
    library: RuleLibrary,
    *,
    at: datetime,
    now: datetime,
    settings: Settings,
) -> Answered:
    """Return the answer for the rule's version in force. Times are aware UTC. Raises `BadInput` for an unknown rule."""
    row = await session.get(RuleRow, rule)
    if row is None:
        raise BadInput("there is no rule of this name", field="rule", fix="name one of the rules there are")
    asked = RuleAsked(await library.version(session, row.name, row.version), row.version)
    known = await case_then(session, customer, asked, at=at, settings=settings)
    case, prospect = known or (None, new_contact(customer, asked, at=at, settings=settings))
    situation = await _situation(session, prospect, at=at, now=now, settings=settings)
    if case is None:
        situation = replace(
            situation,
            control=is_control(rule, customer.subject, asked.document.holdout, salt=settings.holdout_salt),
            cooldown=await cooldown_of(session, customer, asked.document, at=at),
        )
    decision = decide(situation, at)
    return Answered(
        rule=row.name,
        version=prospect.version,
        state=RuleState(row.state),
        at=at,
        case=case,
        situation=situation,
        queue=prospect.queue,
        decision=_with_worth(decision, asked, case),
        as_of_now=_as_of_now(decision) if abs(at - now) > _SAME_TIME else frozenset(),
    )


def _as_of_now(decision: Decision) -> frozenset[GateCode]:
    """Return the gates that say how they stand now; a queue shut until told otherwise may be open by then."""
    return OF_NOW | {verdict.gate for verdict in decision.verdicts if verdict.ends_by_word}


async def _situation(
    session: AsyncSession, prospect: Prospect, *, at: datetime, now: datetime, settings: Settings
) -> Situation:
    """Gather for `at`: of a time that lies behind, without what was done since, and with the agents of now."""
    situation = await situation_of(session, prospect, now=min(at, now), settings=settings)
    if at >= now:
        return situation
    return replace(
        situation,
        contacts=tuple(contact for contact in situation.contacts if contact.at <= at),
        number_contacts=tuple(contact for contact in situation.number_contacts if contact.at <= at),
        staffing=await staffing_of(session, prospect, now=now, settings=settings),
    )


def _with_worth(decision: Decision, rule: RuleAsked, case: UUID | None) -> Decision:
    """Say that the worth is told by the event of a moment, where there is none yet and the rule has an expression for it."""
    worth = rule.document.worth
    if case is not None or worth is None or not isinstance(worth.value, str):
        return decision
    told = Verdict(GateCode.WORTH, GateState.NOT_APPLICABLE, "worth_by_event")
    verdicts = (told if v.gate is GateCode.WORTH and v.why == "not_configured" else v for v in decision.verdicts)
    return replace(decision, verdicts=tuple(verdicts))
