"""Agents asking for work, many at once, against the barest way to hand rows out."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.errors import CannotRun
from benchmarks.figures import Figure
from benchmarks.place import Place
from orchestrator.queueing.pulling import next_task
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

_TASKS = 100_000
_AT_ONCE = 32
_EACH = 40  # claims of each; an agent has one task in hand, so every claim is another agent's

# Straight into the tables, without the cases the tasks belong to: a claim does not look at those.
_SET_UP = (
    "SET session_replication_role = replica",
    "INSERT INTO queues (name, skills, outcomes) VALUES ('bench', '{}', '{}')",
    f"""
    INSERT INTO tasks (id, escalation_id, customer_id, queue, kind, state, step, priority, language, skills,
                       queued_at, rank, promised, fence, offers, wrap_extensions)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'bench', 'callback', 'queued', 0, 50,
           CASE mod(n, 2) WHEN 0 THEN 'he' ELSE 'en' END, '{{}}', now() - n * interval '1 second',
           now() - n * interval '1 second', false, 0, 0, 0
    FROM generate_series(1, {_TASKS}) AS n
    """,
    f"""
    INSERT INTO agents (id, name, languages, skills, presence, presence_since, seen_at, idle_since, created_at)
    SELECT gen_random_uuid(), 'agent-' || n, '{{en,he}}', '{{}}', 'available', now(), now(), now(), now()
    FROM generate_series(1, {_AT_ONCE * _EACH}) AS n
    """,
    "INSERT INTO agent_queues (agent_id, queue) SELECT id, 'bench' FROM agents",
    """
    CREATE TABLE bare AS SELECT id, rank, state::text AS state, NULL::uuid AS agent_id FROM tasks
    """,
    "ALTER TABLE bare ADD PRIMARY KEY (id)",
    "CREATE INDEX bare_free ON bare (rank) WHERE state = 'queued'",
    "ANALYZE",
)
_BARE = text("""
UPDATE bare SET state = 'reserved', agent_id = :agent
WHERE id = (SELECT id FROM bare WHERE state = 'queued' ORDER BY rank LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
""")

Take = Callable[[UUID], Awaitable[UUID | None]]


async def run(place: Place) -> list[Figure]:
    """Measure claims a second. Raises `CannotRun` when a task was given out twice, or not at all."""
    database = await place.database_alone(pool_size=_AT_ONCE)
    agents = await _set_up(database)
    settings = Settings.model_construct()

    async def bare(agent: UUID) -> UUID | None:
        async with database.transaction() as session:
            return await _bare(session, agent)

    async def claimed(agent: UUID) -> UUID | None:
        async def pull(session: AsyncSession) -> UUID | None:
            pulled = await next_task(session, agent, clock=database.clock, settings=settings)
            return None if pulled.task is None else pulled.task.id

        return await database.run(pull)

    floor = await _rate(agents, bare)
    measured = await _rate(agents, claimed)
    return [Figure(f"claim from {_TASKS:,} tasks, {_AT_ONCE} agents", "claims/s", measured, floor, ratio_goal=0.5)]


async def _set_up(database: Database) -> list[UUID]:
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for command in _SET_UP:
            await connection.exec_driver_sql(command)
        return [row.id for row in await connection.execute(text("SELECT id FROM agents"))]


async def _bare(session: AsyncSession, agent: UUID) -> UUID | None:
    connection = await session.connection()
    taken: UUID | None = (await connection.execute(_BARE, {"agent": agent})).scalar()
    return taken


async def _rate(agents: list[UUID], take: Take) -> float:
    waiting = iter(agents)
    taken: list[UUID | None] = []

    async def one_after_another() -> None:
        for agent in waiting:
            taken.append(await take(agent))

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(_AT_ONCE)))
    seconds = time.perf_counter() - began
    twice = [task for task, times in Counter(taken).items() if times > 1]
    if twice or len(taken) != len(agents):
        raise CannotRun(f"{len(twice)} tasks were given out twice, {taken.count(None)} agents got none")
    return len(taken) / seconds
