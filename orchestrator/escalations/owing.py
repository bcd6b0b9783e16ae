"""What is owed to the customer in words: messages to send, and promises to be renewed before they break."""

from sqlmodel import col, select

from orchestrator.availability.purposes import Medium
from orchestrator.availability.verdicts import GateCode, Go
from orchestrator.escalations import promises
from orchestrator.escalations.case import Case
from orchestrator.escalations.instructions import Instruction, Send, Settle
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.opening import business_hours, due_at, switches
from orchestrator.escalations.pledges import renewal_time
from orchestrator.escalations.states import PromiseState, State
from orchestrator.escalations.tables import PromiseRow
from orchestrator.queueing.tables import TaskState
from orchestrator.telephony.tables import MessageRow, MessageState

_SPEAKING = (TaskState.DIALING, TaskState.CONNECTED, TaskState.WRAPPING)


async def mind_promises(case: Case) -> None:
    """Let promises follow their messages; renew the one that will not be kept in time, break the one that was not."""
    if not case.escalation.has_words:
        return
    await promises.catch_up(case.session, case.escalation, now=case.now)
    pending = await promises.pending(case.session, case.escalation)
    written = {row.renews for row in pending if row.state is PromiseState.WRITTEN}
    for row in [row for row in pending if row.state is PromiseState.OPEN]:
        if row.due_at < case.now:
            await promises.break_overdue(case.session, case.escalation, cause=await _cause(case), now=case.now)
        elif row.id not in written:
            await _renew_in_time(case, row)
        case.wake(row.due_at)
    await _mark_task(case)


async def mind_messages(case: Case) -> Instruction | None:
    """Return the messages to send, or those nobody knows about and which nobody has asked the carrier about yet."""
    if not case.escalation.has_words:
        return None
    query = select(MessageRow).where(
        MessageRow.escalation_id == case.escalation.id,
        col(MessageRow.state).in_([MessageState.PREPARED, MessageState.SUBMITTING, MessageState.UNKNOWN]),
    )
    rows = (await case.session.exec(query.order_by(col(MessageRow.prepared_at)))).all()
    if ready := tuple(row.id for row in rows if row.state is MessageState.PREPARED):
        return Send(ready)
    unclear = [row for row in rows if row.ended_at is None and _is_unclear(case, row)]
    for row in unclear:
        row.looked_at = case.now
        case.session.add(row)
    return Settle(messages=tuple(row.id for row in unclear)) if unclear else None


def _is_unclear(case: Case, row: MessageRow) -> bool:
    """Ask about it once its answer is overdue, and a last time when the quiet period is over."""
    submitted = row.submitted_at or row.prepared_at
    first = submitted if row.state is MessageState.UNKNOWN else submitted + case.patience.submit
    last = max(first, submitted + case.patience.quiet)
    due = next((at for at in (first, last) if row.looked_at is None or row.looked_at < at), None)
    case.wake(due)
    return due is not None and due <= case.now


async def _renew_in_time(case: Case, row: PromiseRow) -> None:
    """Apologise and name a new time, once, unless the customer is being called at this moment."""
    if row.renews is not None:
        return
    at = renewal_time(said_at=row.said_at or row.written_at, due_at=row.due_at)
    case.wake(at)
    speaking = case.task is not None and case.task.state in _SPEAKING
    if case.now < at or speaking or case.escalation.queue is None:
        return
    decision = await look(
        case.session,
        case.customer,
        case.escalation,
        medium=Medium.SMS,
        occasion=Occasion.APOLOGY,
        now=case.now,
        settings=case.settings,
    )
    if isinstance(decision, Go):
        within = row.due_at - row.written_at
        later = await due_at(case.session, case.escalation.queue, within=within, now=case.now)
        await promises.promise_by_message(
            case.session,
            case.customer,
            case.escalation,
            due_at=max(later, row.due_at + within),
            now=case.now,
            settings=case.settings,
            renews=row,
            cause=await _cause(case),
        )


async def _mark_task(case: Case) -> None:
    """Show the queue what was promised: such tasks go first."""
    standing = await promises.standing(case.session, case.escalation)
    task = case.task
    if standing is None or task is None or (task.promised and task.due_at == standing.due_at):
        return
    task.promised, task.due_at = True, standing.due_at
    case.session.add(task)


async def _cause(case: Case) -> str:
    """Return why nobody has called yet, as a code."""
    if await switches(case.session, queue=case.escalation.queue, rule=case.escalation.rule):
        return GateCode.KILL_SWITCH.value
    closed_from = (await business_hours(case.session, case.escalation.queue, now=case.now)).closed_from
    if closed_from is not None and closed_from <= case.now:
        return GateCode.BUSINESS_HOURS.value
    if case.escalation.state is State.WAITING and case.escalation.reasons:
        return str(case.escalation.reasons[0])
    return "nobody_free" if case.task is not None and case.task.state is TaskState.QUEUED else "late"
