"""Looking at all gates for one contact, with what the database knows in this transaction, and keeping what they said."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.decisions import decide
from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Cooldown, Situation
from orchestrator.availability.verdicts import Decision, Go, Refuse, Wait
from orchestrator.escalations.gathering import situation_of
from orchestrator.escalations.prospect import prospect_of
from orchestrator.escalations.tables import DecisionRow, EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings


class Occasion(StrEnum):
    """Why the gates are looked at. In `PREPARE` an agent is in hand already, so staffing is not asked again."""

    OPENED = "opened"
    WINDOW = "window"
    CALL = "call"  # an agent asks to be connected: before their own phone rings
    PREPARE = "prepare"
    APOLOGY = "apology"
    TAKEN_BACK = "taken_back"  # the call that was promised is withdrawn, and the customer to be told
    LINK = "link"  # an agent sends the words to finish it oneself
    INSTEAD = "instead"  # a message goes, as no call was worth it


_AGENT_IN_HAND = frozenset({Occasion.CALL, Occasion.PREPARE})


async def look(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    medium: Medium,
    occasion: Occasion,
    now: datetime,
    settings: Settings,
    cooldown: Cooldown | None = None,
) -> Decision:
    """Return whether the customer may be contacted now for this escalation, and store every gate's verdict.

    The locks of customer and escalation are held, `now` was read after them. The queue is the escalation's. `cooldown` is
    asked where its verdict did not fall before: for a message that goes instead of a call.
    """
    situation = await gather(session, customer, escalation, medium=medium, occasion=occasion, now=now, settings=settings)
    if occasion is Occasion.INSTEAD:  # worth is a call's; the cool-down was not asked, as the worth came before it
        situation = replace(situation, worth=None, cooldown=cooldown)
    decision = decide(situation, now)
    await _keep(session, escalation, decision, medium=medium, occasion=occasion, now=now)
    return decision


async def gather(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    medium: Medium,
    occasion: Occasion,
    now: datetime,
    settings: Settings,
) -> Situation:
    """Return everything the decision about this contact depends on."""
    in_hand = occasion in _AGENT_IN_HAND
    prospect = await prospect_of(session, customer, escalation, medium=medium, agent_in_hand=in_hand, settings=settings)
    return await situation_of(session, prospect, now=now, settings=settings)


async def _keep(
    session: AsyncSession,
    escalation: EscalationRow,
    decision: Decision,
    *,
    medium: Medium,
    occasion: Occasion,
    now: datetime,
) -> None:
    """Store the decision; a wait that says once more what the last one said is not stored again."""
    row = DecisionRow(
        escalation_id=escalation.id,
        customer_id=escalation.customer_id,
        at=now,
        occasion=occasion.value,
        medium=medium.value,
        answer=_answer(decision),
        until=decision.until if isinstance(decision, Wait) else None,
        reasons=[] if isinstance(decision, Go) else [code.value for code in decision.reasons],
        verdicts=[verdict.as_json() for verdict in decision.verdicts],
        rule=escalation.rule,
        version=escalation.version,
    )
    if row.answer != "wait" or not await _was_said(session, row):
        session.add(row)


async def _was_said(session: AsyncSession, row: DecisionRow) -> bool:
    query = select(DecisionRow).where(DecisionRow.escalation_id == row.escalation_id).order_by(col(DecisionRow.at).desc())
    last = (await session.exec(query.limit(1))).first()
    return last is not None and _says_the_same(last, row)


def _answer(decision: Decision) -> str:
    match decision:
        case Go():
            return "go"
        case Wait():
            return "wait"
        case Refuse():
            return "refuse"


def _says_the_same(last: DecisionRow, row: DecisionRow) -> bool:
    told = [(each.answer, each.medium, each.occasion, each.reasons, each.rule) for each in (last, row)]
    return told[0] == told[1]
