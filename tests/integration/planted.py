"""One customer's story that went as it should, straight in the database; a test bends the part it is about."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.tables import CalendarRow
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.intake.tables import CustomerRow, EventRow, SubjectRow
from orchestrator.queueing.tables import QueueRow, TaskKind, TaskRow, TaskState
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg

NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)  # a Tuesday: the call is prepared then
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

CALENDAR = """
calendar: sales-hours
zone: Etc/UTC
weekly: {tue: ["09:00-18:00"]}
"""


@dataclass(frozen=True, slots=True)
class Story:
    """The rows of a complaint that became a callback: found a minute before noon, called at noon, solved soon after."""

    customer: CustomerRow
    event: EventRow
    escalation: EscalationRow
    moment: MomentRow
    task: TaskRow
    attempt: AttemptRow
    promise: PromiseRow

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """What the carrier rang."""
        return [{"to": self.attempt.to_number, "attempt": self.attempt.token, "sid": self.attempt.call_sid}]

    @property
    def accepted(self) -> list[tuple[str, str]]:
        return [(self.event.source, self.event.id)]


async def a_queue_with_hours(session: AsyncSession) -> None:
    session.add(CalendarRow(name="sales-hours", document=CALENDAR, changed_at=NOON))
    await session.flush()
    session.add(QueueRow(name="sales", calendar="sales-hours"))
    await session.flush()


async def a_story(
    session: AsyncSession,
    *,
    number: int = 1,
    called_at: datetime = NOON,
    waited: timedelta = timedelta(milliseconds=100),
    **changes: Any,
) -> Story:
    """`changes` are columns of the moment; `waited` is how long the first offer took."""
    customer = await a_customer(session, number)
    found_at = called_at - MINUTE
    escalation = an_escalation(customer, opened_at=found_at)
    session.add(escalation)
    await session.flush()
    event = an_event(customer, "complaint.filed", {"text": "x"}, at=found_at, received_at=found_at)
    moment = a_moment(escalation, event, found_at=found_at, **changes)
    task = a_task(escalation, queued_at=found_at, offered_at=found_at + waited)
    session.add_all([event, moment, task])
    await session.flush()
    attempt = an_attempt(escalation, number, task_id=task.id, prepared_at=called_at)
    promise = a_promise(escalation, written_at=found_at)
    session.add_all([attempt, promise])
    await session.flush()
    return Story(customer, event, escalation, moment, task, attempt, promise)


async def a_customer(session: AsyncSession, number: int) -> CustomerRow:
    attributes = {"phone": f"+141555501{number:02}", "zone": "Etc/UTC"}
    customer = CustomerRow(subject=f"customer-{number}", attributes=attributes, created_at=NOON)
    session.add(customer)
    await session.flush()
    session.add(SubjectRow(subject=customer.subject, customer_id=customer.id))
    return customer


def an_escalation(customer: CustomerRow, *, opened_at: datetime) -> EscalationRow:
    return EscalationRow(
        customer_id=customer.id,
        state=State.CLOSED,
        outcome=Outcome.SOLVED,
        rule="angry-customer",
        version=1,
        purpose="service",
        priority=90,
        queue="sales",
        opened_at=opened_at,
        not_before=opened_at,
        closed_at=opened_at + 9 * MINUTE,
    )


def an_event(
    customer: CustomerRow, kind: str, data: dict[str, Any], *, at: datetime, received_at: datetime | None = None
) -> EventRow:
    return EventRow(
        source="web",
        id=f"event {uuid4().hex}",
        type=kind,
        subject=customer.subject,
        customer_id=customer.id,
        time=at,
        received_at=received_at or at,
        data=data,
        digest=b"",
    )


def a_moment(escalation: EscalationRow, event: EventRow, *, found_at: datetime, **changes: Any) -> MomentRow:
    fields: dict[str, Any] = {
        "rule": "angry-customer",
        "version": 1,
        "mode": Mode.LIVE,
        "customer_id": escalation.customer_id,
        "key": event.subject,
        "at": event.time,
        "found_at": found_at,
        "moment": "angry_customer",
        "stage": "service",
        "purpose": "service",
        "priority": 90,
        "evidence": [f"{event.source} {event.id}"],
        "verdict": "escalate",
        "status": MomentStatus.ENDED,
        "ended_at": found_at + 9 * MINUTE,
        "expires_at": found_at + 60 * MINUTE,
        "escalation_id": escalation.id,
    }
    return MomentRow(**(fields | changes))


def a_task(escalation: EscalationRow, *, queued_at: datetime, offered_at: datetime | None) -> TaskRow:
    return TaskRow(
        escalation_id=escalation.id,
        customer_id=escalation.customer_id,
        queue="sales",
        kind=TaskKind.CALLBACK,
        state=TaskState.DONE,
        step=0,
        priority=90,
        queued_at=queued_at,
        rank=queued_at,
        offered_at=offered_at,
    )


def an_attempt(
    escalation: EscalationRow, number: int, *, task_id: UUID | None, prepared_at: datetime, leg: Leg = Leg.CUSTOMER
) -> AttemptRow:
    return AttemptRow(
        token=uuid4().hex,
        request=uuid4().hex,
        escalation_id=escalation.id,
        customer_id=escalation.customer_id,
        task_id=task_id,
        rule="angry-customer",
        leg=leg,
        flow="agent_first",
        medium="voice_person",
        step=0,
        language="en",
        to_number=f"+141555501{number:02}",
        from_number="+12025550100",
        state=AttemptState.ENDED,
        ending=Ending.COMPLETED,
        call_sid=uuid4().hex,
        prepared_at=prepared_at,
    )


def a_promise(escalation: EscalationRow, *, written_at: datetime, state: PromiseState = PromiseState.KEPT) -> PromiseRow:
    return PromiseRow(
        escalation_id=escalation.id,
        customer_id=escalation.customer_id,
        state=state,
        words="We call you.",
        medium="sms",
        due_at=written_at + 5 * MINUTE,
        written_at=written_at,
    )
