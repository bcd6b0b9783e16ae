"""Locks are taken in the one order; a connection that died while idle is given to nobody, nor is one waited for for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.storage.database import Database, DatabaseUnavailable
from orchestrator.storage.locks import lock_active_task
from tests.integration.floor import a_queue, a_task, an_agent
from tests.integration.telephony_stage import eventually

ONE = text("SELECT 1")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


async def an_assigned_task(database: Database) -> TaskRow:
    async with database.transaction() as session:
        await a_queue(session)
        agent, task = await an_agent(session), await a_task(session)
        task.agent_id, task.state = agent.id, TaskState.ASSIGNED
        task.lease_until = datetime.now(UTC) + timedelta(minutes=5)
        session.add(task)
    return task


async def is_free(database: Database, table: str, row_id: UUID) -> bool:
    """Tell whether nobody holds the row's lock."""
    look = text(f"SELECT id FROM {table} WHERE id = :id FOR UPDATE SKIP LOCKED")
    async with database.transaction() as session:
        return (await (await session.connection()).execute(look, {"id": row_id})).first() is not None


async def somebody_waits(database: Database) -> bool:
    async with database.transaction() as session:
        waiting: int = (await (await session.connection()).execute(WAITING)).scalar_one()
    return waiting > 0


async def locked_for(database: Database, escalation_id: UUID) -> tuple[UUID | None, TaskState] | None:
    async with database.transaction() as session:
        task = await lock_active_task(session, escalation_id)
        return None if task is None else (task.agent_id, task.state)


@asynccontextmanager
async def holding(database: Database, table: str, row_id: UUID) -> AsyncIterator[psycopg.AsyncConnection]:
    """Hold a row's lock, as a claim does, until the block ends; what was done in it is then committed."""
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(f"SELECT id FROM {table} WHERE id = %s FOR UPDATE".encode(), (row_id,))
        yield connection


async def test_a_task_is_locked_together_with_its_agent(database: Database) -> None:
    task = await an_assigned_task(database)
    assert task.agent_id is not None

    async with database.transaction() as session:
        await lock_active_task(session, task.escalation_id)
        free = [await is_free(database, *each) for each in (("agents", task.agent_id), ("tasks", task.id))]

    assert free == [False, False]


async def test_the_agent_is_locked_before_the_task(database: Database) -> None:
    task = await an_assigned_task(database)
    assert task.agent_id is not None

    async with holding(database, "agents", task.agent_id):
        locking = asyncio.create_task(locked_for(database, task.escalation_id))
        await eventually(lambda: somebody_waits(database))
        task_was_free = await is_free(database, "tasks", task.id)

    assert task_was_free
    assert await locking == (task.agent_id, TaskState.ASSIGNED)


async def test_a_task_that_changed_hands_while_its_agent_was_waited_for_is_read_as_it_is_now(database: Database) -> None:
    task = await an_assigned_task(database)
    async with database.transaction() as session:
        other = (await an_agent(session)).id
    assert task.agent_id is not None

    async with holding(database, "agents", task.agent_id) as claiming:
        locking = asyncio.create_task(locked_for(database, task.escalation_id))
        await eventually(lambda: somebody_waits(database))
        await claiming.execute("UPDATE tasks SET agent_id = %s, state = 'reserved' WHERE id = %s", (other, task.id))

    assert await locking == (other, TaskState.RESERVED)


async def test_a_task_that_ended_while_it_was_waited_for_is_none(database: Database) -> None:
    task = await an_assigned_task(database)

    async with holding(database, "tasks", task.id) as ending:
        locking = asyncio.create_task(locked_for(database, task.escalation_id))
        await eventually(lambda: somebody_waits(database))
        await ending.execute("UPDATE tasks SET state = 'done' WHERE id = %s", (task.id,))

    assert await locking is None


async def test_a_connection_that_died_while_idle_is_replaced_before_anybody_counts_on_it(
    database: Database, database_url: str
) -> None:
    careful = Database(database_url, pool_size=1, fresh=timedelta(0))
    async with careful.transaction() as session:
        pid = (await (await session.connection()).execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with database.transaction() as session:
        await (await session.connection()).execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    async with careful.transaction() as session:
        answer = (await (await session.connection()).execute(ONE)).scalar_one()

    await careful.close()
    assert answer == 1


async def test_who_finds_every_connection_at_work_is_told_so_after_a_while(database_url: str) -> None:
    hasty = Database(database_url, pool_size=1, patience=timedelta(seconds=0.1))

    async with hasty.transaction() as first, hasty.transaction() as second:
        await first.connection()
        await second.connection()
        with pytest.raises(DatabaseUnavailable):
            async with hasty.transaction() as third:
                await third.connection()

    async with hasty.transaction() as session:
        answer = (await (await session.connection()).execute(ONE)).scalar_one()
    await hasty.close()
    assert answer == 1  # once they are back, it goes on
