"""What an agent does beside the call itself: hangs up, asks for help, sends a link, writes down a never-call."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.purposes import Medium
from orchestrator.availability.verdicts import GateCode, Go, Wait
from orchestrator.errors import Conflict
from orchestrator.escalations import dispositions
from orchestrator.escalations.calls import attempt_changed
from orchestrator.escalations.lifecycle import end_call, opt_out
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.outcome import Disposition
from orchestrator.escalations.records import note, nudge, unsettled_attempts
from orchestrator.escalations.words import language_of
from orchestrator.identity.changes import note_change
from orchestrator.insights.why_past import recent_events
from orchestrator.queueing.leases import WrongState, check_state
from orchestrator.queueing.news import What, tell_of_task
from orchestrator.queueing.offers import offer_to
from orchestrator.queueing.resume_links import resume_link
from orchestrator.queueing.tables import HELD, TaskRow, TaskState
from orchestrator.queueing.working import Hold, InHand, take_in_hand
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.telephony.messages import write_message
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg, MessageRow
from orchestrator.wording.reading import message_of

FINISH_LINK = "finish-link"
_IN_CALL = (TaskState.DIALING, TaskState.CONNECTED)
_AT_HAND = tuple(state for state in HELD if state is not TaskState.RESERVED)


class LinkNotSent(Conflict):
    """No message may go to this customer now. `str(error)` names the reasons as codes."""

    code = "link_not_sent"


async def hang_up(session: AsyncSession, hold: Hold, *, clock: Clock, settings: Settings) -> TaskRow:
    """End the agent's own leg; the customer's follows it. Done twice, it changes nothing more.

    A call that was asked for and not placed yet is not placed. Raises `WrongState` where no call is under way.
    """
    known = await take_in_hand(session, hold, clock=clock)
    task = known.task
    if task.state is TaskState.WRAPPING:
        return task  # the other side was faster
    legs = [each for each in await unsettled_attempts(session, known.escalation.id) if each.leg is Leg.AGENT]
    if not legs and task.state is not TaskState.ASSIGNED:
        raise WrongState("your own phone is not in a call", fix="the task follows the customer's phone by itself")
    check_state(task, TaskState.ASSIGNED, *_IN_CALL)
    if task.state is TaskState.ASSIGNED:
        task.call_requested_at = None
        session.add(task)
    for leg in legs:
        end_call(session, leg, now=known.now)
        if leg.state is AttemptState.ENDED:  # it was never placed: no webhook will tell
            await attempt_changed(session, known.customer, known.escalation, task, leg, now=known.now, settings=settings)
    await session.flush()
    await nudge(session, known.escalation, now=known.now)
    await tell_of_task(session, What.CHANGED, task)
    return task


async def ask_for_help(session: AsyncSession, hold: Hold, *, clock: Clock) -> TaskRow:
    """Let supervisors see that the agent needs one of them. Done twice, the first time stands."""
    known = await take_in_hand(session, hold, clock=clock)
    check_state(known.task, *_AT_HAND)
    if known.task.help_asked_at is None:
        known.task.help_asked_at = known.now
        session.add(known.task)
        note(session, known.escalation, "help_asked", now=known.now, agent=str(known.agent.id))
        await session.flush()
        await tell_of_task(session, What.CHANGED, known.task)
    return known.task


async def never_call(
    session: AsyncSession, hold: Hold, *, clock: Clock, settings: Settings, notes: str | None = None
) -> TaskRow:
    """Record that the customer wants no more calls: at once, also in the middle of a call, which may be talked to its end."""
    known = await take_in_hand(session, hold, clock=clock)
    check_state(known.task, *_AT_HAND)
    if known.customer.opted_out_at is None:
        who, subject = f"agent:{known.agent.name}", str(known.customer.id)
        await note_change(session, who=who, what="customer.opted_out", subject=subject, before=None, after=None, now=known.now)
    if known.task.state in _IN_CALL:
        await opt_out(session, known.customer, now=known.now)
        return known.task
    spoken = known.task.state is TaskState.WRAPPING
    await dispositions.complete(
        session,
        known.customer,
        known.escalation,
        known.task,
        disposition=Disposition.NEVER_CALL.value,
        sub_disposition="asked_in_the_call" if spoken else "asked_before",
        notes=notes,
        now=known.now,
    )
    await session.flush()
    await offer_to(session, known.agent, now=known.now, settings=settings)
    return known.task


async def send_link(session: AsyncSession, hold: Hold, *, clock: Clock, settings: Settings) -> MessageRow:
    """Send the customer the words to finish it themselves, once for this task. Raises `LinkNotSent`."""
    known = await take_in_hand(session, hold, clock=clock)
    check_state(known.task, *_AT_HAND)
    sent = await link_sent(session, known.task)
    return sent if sent is not None else await _write(session, known, settings=settings)


async def link_sent(session: AsyncSession, task: TaskRow) -> MessageRow | None:
    """Return the message that this task's agent has sent already."""
    since: datetime = task.accepted_at or task.queued_at
    query = select(MessageRow).where(MessageRow.escalation_id == task.escalation_id, MessageRow.template == FINISH_LINK)
    query = query.where(col(MessageRow.prepared_at) >= since).order_by(col(MessageRow.prepared_at))
    return (await session.exec(query)).first()


async def _write(session: AsyncSession, known: InHand, *, settings: Settings) -> MessageRow:
    decision = await look(
        session,
        known.customer,
        known.escalation,
        medium=Medium.SMS,
        occasion=Occasion.LINK,
        now=known.now,
        settings=settings,
    )
    against = () if isinstance(decision, Go) else decision.reasons
    if isinstance(decision, Wait) and await _spoken_to(session, known.task):
        against = tuple(code for code in against if code is not GateCode.CALLING_HOURS)
    if against:
        codes = ", ".join(code.value for code in against)
        raise LinkNotSent(f"no message may go out now: {codes}", fix="tell the customer where to go on instead")
    message = await write_message(
        session,
        known.customer,
        known.escalation,
        template=FINISH_LINK,
        body=await _words(session, known, settings=settings),
        now=known.now,
        settings=settings,
    )
    if message is None:
        raise LinkNotSent("there is no number a message can go to", fix="tell the customer where to go on instead")
    known.escalation.has_words = True
    session.add(known.escalation)
    note(session, known.escalation, "link_written", now=known.now, message=str(message.id))
    await nudge(session, known.escalation, now=known.now)
    return message


async def _words(session: AsyncSession, known: InHand, *, settings: Settings) -> str:
    """Return the words, and where to go on, if a channel has named a place of late."""
    language = language_of(known.customer.attributes.get("language"))
    words = await message_of(session, FINISH_LINK, language, organisation=settings.organisation, script=known.task.script)
    events = await recent_events(session, known.customer.id, now=known.now)
    link = resume_link(event.data for event in events)
    return words if link is None else f"{words} {link}"


async def _spoken_to(session: AsyncSession, task: TaskRow) -> bool:
    """Tell whether the customer is, or was, in this task's call: no hour protects them from what they ask for in it."""
    joined = select(AttemptRow.id).where(AttemptRow.task_id == task.id, col(AttemptRow.joined_at).is_not(None))
    return (await session.exec(joined.limit(1))).first() is not None
