"""Looking at all gates for one contact, with what the database knows in this transaction, and keeping what they said."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.decisions import decide
from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Cooldown, Situation
from orchestrator.availability.verdicts import Decision, Go, Refuse, Wait
from orchestrator.escalations.gathering import budgets_of, limits_on, situation_of
from orchestrator.escalations.prospect import Prospect, prospect_of
from orchestrator.escalations.spending import hold_budgets
from orchestrator.escalations.tables import DecisionRow, EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock


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
    besides: UUID | None = None,
    clock: Clock | None = None,
    promise: timedelta | None = None,
) -> Decision:
    """Return whether the customer may be contacted now for this escalation, and store every gate's verdict: once for a dial.

    The locks of customer and escalation are held, `now` was read after them. The queue is the escalation's. `cooldown` is
    asked where its verdict did not fall before: for a message that goes instead of a call. `promise` is how soon the customer
    would be told that the call comes, did it go now; None where they are told nothing new. `besides` is the attempt or the
    message that this is about, where it is written already. Who spends from a budget holds all budgets from here to the end
    of the transaction, and reads `clock` once more then: the hour may have turned while it waited.
    """
    in_hand = occasion in _AGENT_IN_HAND
    prospect = await prospect_of(
        session, customer, escalation, medium=medium, agent_in_hand=in_hand, settings=settings, promise=promise
    )
    prospect = replace(prospect, besides=besides)
    situation = await situation_of(session, prospect, now=now, settings=settings)
    if occasion is Occasion.INSTEAD:  # worth is a call's; the cool-down was not asked, as the worth came before it
        situation = replace(situation, worth=None, cooldown=cooldown)
    decision = decide(situation, now)
    spends = occasion is Occasion.PREPARE or medium is Medium.SMS
    if spends and situation.budgets and isinstance(decision, Go):
        decision = await _spend(session, prospect, situation, now=now, clock=clock, settings=settings)
    is_asked_again = occasion is Occasion.PREPARE and besides is not None  # its yes was kept as it was prepared
    if not (is_asked_again and isinstance(decision, Go)):
        await _keep(session, escalation, decision, medium=medium, occasion=occasion, now=now)
    return decision


async def _spend(
    session: AsyncSession, prospect: Prospect, situation: Situation, *, now: datetime, clock: Clock | None, settings: Settings
) -> Decision:
    """Decide once more while nobody else can spend. Where that is no `Go`, the budgets are let go of again at once."""
    async with session.begin_nested() as spending:
        await hold_budgets(session)
        at = now if clock is None else await clock.now(session)
        limits = await limits_on(session, prospect, settings)
        budgets = await budgets_of(session, prospect, limits, now=at, settings=settings)
        decision = decide(replace(situation, budgets=budgets), at)
        if not isinstance(decision, Go):
            await spending.rollback()
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
