"""The floor at an instant, as supervisors see it, on a real database."""

from datetime import UTC, datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import PromiseRow
from orchestrator.insights.alarms import Alarm, AlarmKind, alarms
from orchestrator.insights.board import board
from orchestrator.insights.floor_agents import Doing
from orchestrator.insights.floor_tasks import floor_tasks
from orchestrator.intake.tables import DeadLetterRow
from orchestrator.queueing.tables import Presence, TaskRow, TaskState
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import AttemptState, Leg
from tests.integration.floor import a_queue, a_task, an_agent
from tests.integration.planted import NOON, a_story, an_attempt

MINUTE = timedelta(minutes=1)


async def a_promise(session: AsyncSession, task: TaskRow, *, due_in: timedelta) -> None:
    now = datetime.now(UTC)
    session.add(
        PromiseRow(
            escalation_id=task.escalation_id,
            customer_id=task.customer_id,
            state=PromiseState.OPEN,
            words="We call you.",
            medium="sms",
            due_at=now + due_in,
            written_at=now - timedelta(hours=1),
        )
    )
    await session.flush()


async def test_the_board_counts_what_waits_and_since_when(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        first = await a_task(session, waiting=9 * MINUTE)
        await a_task(session, queue="service", waiting=2 * MINUTE)

        shown = await board(session, now=datetime.now(UTC))

    assert (shown.waiting, shown.oldest) == (2, first.queued_at)
    assert {each.queue.name: each.waiting for each in shown.queues} == {"sales": 1, "service": 1}


async def test_promises_soon_due_are_at_risk_and_late_ones_overdue(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        for due_in in (-MINUTE, 5 * MINUTE, 60 * MINUTE):
            await a_promise(session, await a_task(session), due_in=due_in)

        shown = await board(session, now=datetime.now(UTC))

    assert (shown.at_risk, shown.overdue) == (2, 1)


async def test_agents_are_counted_by_what_they_do_and_a_silent_desk_is_not_free(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session)
        await an_agent(session, silent=timedelta(minutes=5))
        await an_agent(session, presence=Presence.PAUSED)
        await an_agent(session, presence=Presence.OFFLINE)
        await an_agent(session, presence=Presence.NOT_ANSWERING)
        talking = await an_agent(session)
        task = await a_task(session)
        task.state, task.agent_id = TaskState.CONNECTED, talking.id
        session.add(task)
        await session.flush()

        shown = await board(session, now=datetime.now(UTC))

    kinds = (Doing.FREE, Doing.SILENT, Doing.PAUSED, Doing.OFFLINE, Doing.NOT_ANSWERING, Doing.TALKING)
    assert [shown.doing[kind] for kind in kinds] == [1, 1, 1, 1, 1, 1]


async def test_the_service_level_counts_who_was_spoken_to_in_time(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        early, late, never = [await a_story(session, number=number) for number in (1, 2, 3)]
        for each, spoken in ((early, 2 * MINUTE), (late, 9 * MINUTE), (never, None)):
            each.task.due_at = NOON + 5 * MINUTE
            each.task.ended_at = NOON + 20 * MINUTE
            each.attempt.joined_at = None if spoken is None else NOON + spoken
            session.add_all([each.task, each.attempt])
        await session.flush()

        shown = await board(session, now=NOON + 30 * MINUTE)
        hours_later = await board(session, now=NOON + 300 * MINUTE)

    assert (shown.level.in_time, shown.level.decided) == (1, 3)
    assert hours_later.level.share is None


async def test_a_task_withdrawn_before_it_was_due_is_nobodys_failure(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        gone = await a_story(session)
        gone.task.state, gone.task.due_at, gone.task.ended_at = TaskState.WITHDRAWN, NOON + 5 * MINUTE, NOON + MINUTE
        session.add(gone.task)
        await session.flush()

        shown = await board(session, now=NOON + 30 * MINUTE)

    assert shown.level.decided == 0


async def test_calls_are_under_way_until_they_end(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        story = await a_story(session)
        story.attempt.state, story.attempt.ending = AttemptState.RINGING, None
        session.add(story.attempt)
        await session.flush()

        shown = await board(session, now=NOON)

    assert shown.calls == 1


async def test_tasks_are_listed_with_broken_promises_first(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        old = await a_task(session, waiting=60 * MINUTE)
        late = await a_task(session, due_in=-MINUTE, promised=True)
        other = await a_task(session, queue="service", waiting=90 * MINUTE)

        every = await floor_tasks(session, now=datetime.now(UTC))
        sales = await floor_tasks(session, now=datetime.now(UTC), queue="sales", state=TaskState.QUEUED)
        none = await floor_tasks(session, now=datetime.now(UTC), state=TaskState.WRAPPING)

    assert [each.id for each in every] == [late.id, other.id, old.id]
    assert [each.id for each in sales] == [late.id, old.id]
    assert (every[0].customer, every[0].rule, none) == ("Noa Levi", "incomplete-checkout", [])


async def test_a_task_tells_its_customers_number_and_how_often_they_were_called(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_task(session)
        story = await a_story(session)
        story.task.state, story.attempt.submitted_at = TaskState.QUEUED, NOON
        again = an_attempt(story.escalation, 2, task_id=None, prepared_at=NOON)
        agents = an_attempt(story.escalation, 2, task_id=None, prepared_at=NOON, leg=Leg.AGENT)
        again.submitted_at = agents.submitted_at = NOON + MINUTE
        never = an_attempt(story.escalation, 3, task_id=None, prepared_at=NOON)
        session.add_all([story.task, story.attempt, again, agents, never])
        await session.flush()

        listed = await floor_tasks(session, now=datetime.now(UTC))

    assert {(each.phone, each.tries) for each in listed} == {("+14155550101", 2), ("+14155550123", 0)}


async def test_alarms_name_queues_nobody_serves_and_events_refused(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        await an_agent(session, queues=["service"])
        await a_task(session)
        await a_task(session, queue="service")
        session.add(DeadLetterRow(received_at=NOON, reason="malformed", detail="x", body=b"{"))
        await session.flush()

        raised = await alarms(session, await board(session, now=datetime.now(UTC)))

    assert raised == [Alarm(AlarmKind.NOBODY_ON_DUTY, 1, "sales"), Alarm(AlarmKind.EVENTS_REFUSED, 1)]
