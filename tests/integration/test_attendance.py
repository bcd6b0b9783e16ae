"""Open desks live together: one round notes all of them, renews what their agents hold, and ends whose session is over."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from api.newsroom import Desk, Turn
from api.pages.desk.attendance import Attendance
from orchestrator.embedded.probing import until
from orchestrator.identity import sessions
from orchestrator.identity.people import Role
from orchestrator.queueing.tables import AgentRow, TaskRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_task, an_agent, reread, some_settings
from tests.integration.people_floor import a_person

PATIENCE = timedelta(seconds=20)
NEVER = timedelta(seconds=0.01)


async def test_open_desks_show_that_they_live_and_keep_what_was_accepted(database: Database, database_url: str) -> None:
    seats = [await a_seat(database) for _ in range(3)]
    tasks = [
        await a_held_task(database, agent_id, state)
        for (agent_id, _), state in zip(seats, (TaskState.ASSIGNED, TaskState.CONNECTED, TaskState.RESERVED), strict=True)
    ]
    desks = [Desk(lambda _: True) for _ in seats]

    async with Attendance(some_settings(database_url), database).open() as attendance:
        with (
            attendance.attended(*seats[0], desks[0]),
            attendance.attended(*seats[1], desks[1]),
            attendance.attended(*seats[2], desks[2]),
        ):

            async def all_seen() -> bool:
                return all([await was_seen(database, agent_id) for agent_id, _ in seats])

            assert await until(all_seen, None, within=PATIENCE)
            assert [await desk.next(patience=NEVER.total_seconds()) for desk in desks] == [None, None, None]

    renewed = [(await reread(database, task.id)).lease_until != task.lease_until for task in tasks]
    assert renewed == [True, True, False]


async def test_a_desk_whose_session_is_over_is_ended_and_not_noted(database: Database, database_url: str) -> None:
    agent_id, secret = await a_seat(database)
    async with database.transaction() as session:
        await sessions.end(session, secret, now=datetime.now(UTC))
    desk = Desk(lambda _: True)

    async with Attendance(some_settings(database_url), database).open() as attendance:
        with attendance.attended(agent_id, secret, desk):
            assert await desk.next(patience=PATIENCE.total_seconds()) is Turn.END

    assert not await was_seen(database, agent_id)


async def a_seat(database: Database) -> tuple[UUID, str]:
    """An agent who was not heard of for long, and the secret of their session."""
    async with database.transaction() as session:
        agent = await an_agent(session, queues=(), silent=timedelta(hours=1))
        person = await a_person(session, role=Role.AGENT, agent_id=agent.id)
        return agent.id, await sessions.begin(session, person, passed=True, now=datetime.now(UTC))


async def a_held_task(database: Database, agent_id: UUID, state: TaskState) -> TaskRow:
    queue = f"q-{agent_id.hex[:8]}"
    async with database.transaction() as session:
        await a_queue(session, queue)
        task = await a_task(session, queue=queue)
        task.state, task.agent_id, task.fence, task.lease_until = state, agent_id, 1, datetime.now(UTC)
        session.add(task)
    return task


async def was_seen(database: Database, agent_id: UUID) -> bool:
    async with database.transaction() as session:
        seen_at = (await session.get_one(AgentRow, agent_id)).seen_at
    return seen_at is not None and datetime.now(UTC) - seen_at < timedelta(minutes=1)
