"""Looking at all gates for one contact, with what the database knows in this transaction, and keeping what they said."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calling_hours import default_book
from orchestrator.availability.consent import Wishes
from orchestrator.availability.decisions import decide
from orchestrator.availability.phones import BadPhone, Phone
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Cap, Cooldown, Situation, Staffing, Unplaced, Worth
from orchestrator.availability.verdicts import Decision, Go, Refuse, Wait
from orchestrator.availability.zones import Place, locate
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations import promises
from orchestrator.escalations.history import contacts, number_is_blocked
from orchestrator.escalations.lead import strongest
from orchestrator.escalations.opening import business_hours, switches
from orchestrator.escalations.standing import last_expiry, live
from orchestrator.escalations.tables import DecisionRow, EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.presence import agents_on_duty
from orchestrator.settings import Settings
from orchestrator.telephony.numbers import customer_number


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
    moments = await live(session, escalation)
    lead = strongest(moments)
    phone = customer_number(customer.attributes, settings)
    purpose = Purpose(escalation.purpose)
    promise = await promises.standing(session, escalation)
    caps = () if promise is not None or purpose is Purpose.REQUESTED_CALLBACK else _caps(settings)  # what exempts from them
    past = await contacts(session, customer, None if isinstance(phone, BadPhone) else phone, caps=caps, now=now)
    blocked = not isinstance(phone, BadPhone) and await number_is_blocked(session, customer, phone)
    return Situation(
        purpose=purpose,
        medium=medium,
        rule=escalation.rule,
        calling=default_book().allowed_times(
            _place(customer, phone), purpose=purpose, country=_text(customer.attributes.get("country"))
        ),
        expires_at=last_expiry(moments, None if promise is None else promise.due_at),
        resolved=not moments or escalation.pending is not None,
        erased=customer.erased_at is not None,
        promised=promise is not None,
        requested_at=None if lead is None else lead.at,
        wishes=_wishes(customer, blocked),
        worth=_worth(lead),
        caps=caps,
        contacts=past.of_customer,
        number_contacts=past.of_number,
        business=await business_hours(session, escalation.queue, now=now),
        not_before=None if lead is None else lead.not_before,
        staffing=await _staffing(session, escalation, occasion, now=now),
        switches=await switches(session, queue=escalation.queue, rule=escalation.rule),
        recheck=settings.staffing_relook,
    )


def _wishes(customer: CustomerRow, number_blocked: bool) -> Wishes:
    told = Wishes.of(customer.attributes, do_not_call_since=customer.opted_out_at)
    return Wishes(
        do_not_call=told.do_not_call,
        do_not_call_since=told.do_not_call_since,
        number_blocked=number_blocked,
        consent=told.consent,
    )


def _worth(lead: MomentRow | None) -> Worth | None:
    if lead is None or not isinstance(lead.worth, dict):
        return None
    known = lead.worth
    return Worth(value=known.get("value"), chance=known["chance"], call_cost=known["call_cost"])


def _place(customer: CustomerRow, phone: Phone | BadPhone) -> Place | Unplaced:
    attributes = customer.attributes
    number = None if isinstance(phone, BadPhone) else phone
    return locate(zone=attributes.get("zone"), country=attributes.get("country"), phone=number)


async def _staffing(session: AsyncSession, escalation: EscalationRow, occasion: Occasion, *, now: datetime) -> Staffing | None:
    if escalation.queue is None or occasion in _AGENT_IN_HAND:
        return None
    return Staffing(agents_on_duty=await agents_on_duty(session, escalation.queue, now))


def _caps(settings: Settings) -> tuple[Cap, ...]:
    return tuple(Cap(limit=cap.limit, within=cap.within) for cap in settings.caps)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


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
