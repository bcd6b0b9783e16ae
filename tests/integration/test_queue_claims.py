"""`next` and offers on a real database: who gets what, in which order, and never twice."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import CalendarRow, ClosureRow, SwitchRow
from orchestrator.queueing.offers import lease_lost, look_again_at, offer, terms
from orchestrator.queueing.order import in_order
from orchestrator.queueing.presence import Staff, agents_on_duty, staffed
from orchestrator.queueing.pulling import Nothing, Pulled, next_task
from orchestrator.queueing.tables import OfferEnding, OfferRow, Presence, QueueRow, TaskKind, TaskRow, TaskState
from orchestrator.queueing.tasks import lock_task, requeue, withdraw
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow
from tests.integration.floor import a_queue, a_task, an_agent, reread, some_settings

MINUTE = timedelta(minutes=1)
DAYS = ", ".join(f'{day}: ["00:00-24:00"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
ALWAYS = f"calendar: always\nzone: UTC\nweekly: {{{DAYS}}}\n"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return some_settings(database_url)


async def pull(database: Database, agent_id: UUID, settings: Settings) -> Pulled:
    async with database.transaction() as session:
        return await next_task(session, agent_id, clock=database.clock, settings=settings)


async def offers_of(database: Database, task_id: UUID) -> list[tuple[int, OfferEnding | None]]:
    async with database.transaction() as session:
        query = select(OfferRow).where(OfferRow.task_id == task_id).order_by(col(OfferRow.fence))
        return [(offer.fence, offer.ending) for offer in (await session.exec(query)).all()]


async def test_next_reserves_the_most_urgent_task_and_gives_it_again(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        await a_task(session, waiting=5 * MINUTE)
        promised = await a_task(session, due_in=MINUTE, promised=True)

    first, second = await pull(database, agent.id, settings), await pull(database, agent.id, settings)

    assert first.task is not None
    assert first.task.id == promised.id
    assert (first.task.state, first.task.fence, first.reason) == (TaskState.RESERVED, 1, None)
    assert second.task is not None
    assert (second.task.id, second.task.fence, second.reason) == (promised.id, 1, None)
    assert await offers_of(database, promised.id) == [(1, None)]


async def test_tasks_are_taken_in_the_order_of_the_queue(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agents = [await an_agent(session) for _ in range(5)]
        fourth = await a_task(session, priority=50)
        third = await a_task(session, priority=50, waiting=10 * MINUTE)
        second = await a_task(session, priority=0, due_in=5 * MINUTE, promised=True)
        fifth = await a_task(session, priority=0, due_in=90 * MINUTE, promised=True)
        first = await a_task(session, priority=0, due_in=-MINUTE, promised=True)

    taken = [await pull(database, agent.id, settings) for agent in agents]

    assert [each.task.id for each in taken if each.task] == [task.id for task in (first, second, third, fourth, fifth)]


async def test_the_database_orders_tasks_as_the_rule_does(database: Database, settings: Settings) -> None:
    chance = random.Random(20260302)
    async with database.transaction() as session:
        await a_queue(session)
        agents = [await an_agent(session, languages=["en", "he"]) for _ in range(40)]
        tasks = [
            await a_task(
                session,
                priority=chance.randint(0, 100),
                language=chance.choice(["en", "he", None]),
                waiting=timedelta(minutes=chance.randint(0, 600)),
                due_in=timedelta(minutes=chance.randint(-60, 60)),
                promised=chance.random() < 0.5,
            )
            for _ in range(40)
        ]

    taken = [await pull(database, agent.id, settings) for agent in agents]

    assert [each.task.id for each in taken if each.task] == [task.id for task in in_order(tasks, now=datetime.now(UTC))]


async def test_thirty_two_agents_at_once_never_get_the_same_task(database_url: str, settings: Settings) -> None:
    database = Database(database_url, pool_size=32)
    async with database.transaction() as session:
        await a_queue(session)
        agents = [await an_agent(session) for _ in range(32)]
        for _ in range(24):
            await a_task(session)

    pulled = await asyncio.gather(*(pull(database, agent.id, settings) for agent in agents))
    await database.close()

    taken = Counter(each.task.id for each in pulled if each.task)
    assert len(taken) == 24
    assert set(taken.values()) == {1}
    assert {each.reason for each in pulled if each.task is None} <= {Nothing.NONE_WAITING, Nothing.ALL_HELD}


async def test_parallel_calls_of_one_agent_get_one_task(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        for _ in range(6):
            await a_task(session)

    pulled = await asyncio.gather(*(pull(database, agent.id, settings) for _ in range(6)))

    assert len({each.task.id for each in pulled if each.task}) == 1


async def test_next_says_why_nothing_suits(database: Database, settings: Settings) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    async with database.transaction() as session:
        for name in ("empty", "hebrew", "skilled", "later", "kept"):
            await a_queue(session, name)
        other = await an_agent(session, queues=())
        agents = {
            Nothing.NONE_WAITING: await an_agent(session, queues=["empty"]),
            Nothing.NONE_IN_YOUR_LANGUAGES: await an_agent(session, queues=["hebrew"]),
            Nothing.NONE_WITH_YOUR_SKILLS: await an_agent(session, queues=["skilled"], skills=["cards"]),
            Nothing.NONE_YET: await an_agent(session, queues=["later"]),
            Nothing.KEPT_FOR_OTHER_AGENT: await an_agent(session, queues=["kept"]),
            Nothing.NO_QUEUES: await an_agent(session, queues=()),
            Nothing.NOT_AVAILABLE: await an_agent(session, presence=Presence.PAUSED, queues=["empty"]),
        }
        await a_task(session, queue="hebrew", language="he")
        await a_task(session, queue="skilled", skills=["loans"])
        await a_task(session, queue="later", not_before=later)
        await a_task(session, queue="kept", preferred_agent=other.id, preferred_until=later)

    said = {reason: (await pull(database, agent.id, settings)).reason for reason, agent in agents.items()}

    assert said == {reason: reason for reason in agents}


async def test_a_closed_queue_gives_nothing_out_and_says_so(database: Database, settings: Settings) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as session:
        session.add(CalendarRow(name="always", document=ALWAYS, changed_at=now))
        await session.flush()
        session.add(ClosureRow(calendar="always", starts_at=now - MINUTE, reason="fire alarm", author="x"))
        await a_queue(session, calendar="always")
        agent = await an_agent(session)
        await a_task(session)

    assert (await pull(database, agent.id, settings)).reason is Nothing.QUEUE_CLOSED
    async with database.transaction() as session:
        assert await offer(session, "sales", now=now, settings=settings) == 0

    async with database.transaction() as session:
        await session.exec(update(ClosureRow).values(ends_at=now))
    assert (await pull(database, agent.id, settings)).task is not None


async def test_a_thrown_switch_stops_offers(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        await a_task(session)
        session.add(SwitchRow(scope=SwitchScope.EVERYTHING, reason="r", author="a", thrown_at=datetime.now(UTC)))

    assert (await pull(database, agent.id, settings)).reason is Nothing.SWITCHED_OFF


async def test_a_queue_gives_out_no_more_than_its_pace(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session, pace_per_minute=2)
        agents = [await an_agent(session) for _ in range(4)]
        for _ in range(4):
            await a_task(session)

    async with database.transaction() as session:
        made = await offer(session, "sales", now=await database.clock.now(session), settings=settings)
    refused = await pull(database, agents[-1].id, settings)

    assert made == 2
    assert refused.reason is Nothing.PACED


async def test_parallel_pulls_keep_the_pace_too(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session, pace_per_minute=3)
        agents = [await an_agent(session) for _ in range(8)]
        for _ in range(8):
            await a_task(session)

    pulled = await asyncio.gather(*(pull(database, agent.id, settings) for agent in agents))

    assert len([each for each in pulled if each.task]) == 3


async def test_offers_go_to_the_longest_idle_who_suit_and_to_nobody_absent(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session, "gone", idle=9 * MINUTE, silent=5 * MINUTE)
        await an_agent(session, "paused", idle=8 * MINUTE, presence=Presence.PAUSED)
        await an_agent(session, "english", idle=7 * MINUTE)
        long_idle = await an_agent(session, "long", idle=6 * MINUTE, languages=["en", "he"])
        await an_agent(session, "short", idle=MINUTE, languages=["he"])
        task = await a_task(session, language="he")

    async with database.transaction() as session:
        now = await database.clock.now(session)
        assert await agents_on_duty(session, "sales", now) == 3
        made = await offer(session, "sales", now=now, settings=settings)
        assert await staffed(session, ["sales"], now=now) == {"sales": Staff(on_duty=3, free=2)}

    after = await reread(database, task.id)
    assert made == 1
    assert (after.state, after.agent_id) == (TaskState.RESERVED, long_idle.id)


async def test_an_offer_tells_the_process(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session)
        task = await a_task(session)

    async with database.transaction() as session:
        await offer(session, "sales", now=await database.clock.now(session), settings=settings)

    async with database.transaction() as session:
        hinted = (await session.exec(select(OutboxRow.workflow_id))).all()
    assert hinted == [f"escalation-{task.escalation_id}"]


async def test_an_unanswered_offer_goes_back_with_its_time_and_to_somebody_else(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        absent = await an_agent(session, idle=9 * MINUTE)
        present = await an_agent(session, idle=MINUTE)
        task = await a_task(session, waiting=3 * MINUTE)
    async with database.transaction() as session:
        await offer(session, "sales", now=await database.clock.now(session), settings=settings)
    before = await reread(database, task.id)

    async with database.transaction() as session:
        early = await lease_lost(session, await lock_task(session, task.id), now=datetime.now(UTC), settings=settings)
    async with database.transaction() as session:
        later = datetime.now(UTC) + settings.reservation
        lost = await lease_lost(session, await lock_task(session, task.id), now=later, settings=settings)
        await offer(session, "sales", now=later, settings=settings)

    after = await reread(database, task.id)
    assert (early, lost) == (False, True)
    assert (before.agent_id, after.agent_id) == (absent.id, present.id)
    assert (after.queued_at, after.rank) == (task.queued_at, task.rank)
    assert await offers_of(database, task.id) == [(1, OfferEnding.TIMED_OUT), (2, None)]


async def test_next_takes_back_an_offer_of_ones_own_that_has_run_out(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        task = await a_task(session)
    await pull(database, agent.id, settings)
    async with database.transaction() as session:
        await session.exec(update(TaskRow).values(lease_until=datetime.now(UTC) - MINUTE))

    again = await pull(database, agent.id, settings)

    assert again.task is not None
    assert (again.task.id, again.task.fence) == (task.id, 2)
    assert await offers_of(database, task.id) == [(1, OfferEnding.TIMED_OUT), (2, None)]


async def test_a_call_under_way_is_not_taken_away_with_its_lease(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        task = await a_task(session)
    await pull(database, agent.id, settings)
    for state in (TaskState.DIALING, TaskState.CONNECTED, TaskState.WRAPPING):
        async with database.transaction() as session:
            await session.exec(update(TaskRow).values(state=state))
            later = datetime.now(UTC) + timedelta(hours=1)
            assert not await lease_lost(session, await lock_task(session, task.id), now=later, settings=settings)


async def test_withdrawing_ends_the_offer_and_frees_the_agent(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        first = await a_task(session, waiting=MINUTE)
        second = await a_task(session)
    await pull(database, agent.id, settings)

    async with database.transaction() as session:
        task = await lock_task(session, first.id)
        await withdraw(session, task, reason="resolved_by_customer", now=datetime.now(UTC))
        await withdraw(session, task, reason="canceled", now=datetime.now(UTC))
    following = await pull(database, agent.id, settings)

    gone = await reread(database, first.id)
    assert (gone.state, gone.end_reason) == (TaskState.WITHDRAWN, "resolved_by_customer")
    assert await offers_of(database, first.id) == [(1, OfferEnding.WITHDRAWN)]
    assert following.task is not None
    assert following.task.id == second.id


async def test_the_same_agent_first_and_anybody_afterwards(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        knows, other = await an_agent(session, idle=MINUTE), await an_agent(session, idle=9 * MINUTE)
        task = await a_task(session)
        now = datetime.now(UTC)
        await requeue(session, task, reason="call_again", preferred_agent=knows.id, preferred_until=now + 5 * MINUTE, now=now)

    async with database.transaction() as session:
        await offer(session, "sales", now=now, settings=settings)
        assert (await reread_within(session, task)).agent_id == knows.id
        await requeue(session, task, reason="call_again", preferred_agent=knows.id, preferred_until=now + 5 * MINUTE, now=now)
        await offer(session, "sales", now=now + 6 * MINUTE, settings=settings)
        nobody_heard_of = (await reread_within(session, task)).agent_id
        await session.exec(update(TaskRow).values(preferred_until=now - MINUTE))
        await offer(session, "sales", now=now, settings=settings)
        assert nobody_heard_of is None
        assert (await reread_within(session, task)).agent_id == other.id


async def reread_within(session: object, task: TaskRow) -> TaskRow:
    return await lock_task(session, task.id)  # type: ignore[arg-type]


async def test_customer_first_holds_the_longest_idle_agent_who_suits_for_the_first_in_order(
    database: Database, settings: Settings
) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session, idle=9 * MINUTE, languages=["he"])
        suited = await an_agent(session, idle=MINUTE)
        second = await a_task(session, kind=TaskKind.CALL)
        first = await a_task(session, kind=TaskKind.CALL, waiting=MINUTE)

    async with database.transaction() as session:
        now = await database.clock.now(session)
        made = await offer(session, "sales", now=now, settings=settings)

    held, free = await reread(database, first.id), await reread(database, second.id)
    assert made == 1
    assert (held.state, held.agent_id, held.lease_until) == (TaskState.RESERVED, suited.id, terms(settings).until(held, now))
    assert held.lease_until == now + settings.ring_timeout + timedelta(seconds=45)
    assert free.state is TaskState.QUEUED


async def test_a_waiting_task_knows_when_it_may_go_on_by_itself(database: Database) -> None:
    now = datetime.now(UTC)
    async with database.transaction() as session:
        await a_queue(session)
        plain = await a_task(session)
        later = await a_task(session, not_before=now + MINUTE)
        assert await look_again_at(session, plain, now=now) is None
        assert await look_again_at(session, later, now=now) == now + MINUTE
        await session.exec(update(QueueRow).values(pace_per_minute=6))
        assert await look_again_at(session, plain, now=now) == now + timedelta(seconds=10)


async def test_claims_from_a_hundred_thousand_tasks_read_the_heads_only(database: Database, settings: Settings) -> None:
    """Most are in a language the agent does not speak: a plan that walked them would read them all."""
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, languages=["he"])
        await a_task(session, language="he")
        connection = await session.connection()
        await connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        await connection.exec_driver_sql(
            """
            INSERT INTO tasks (id, escalation_id, customer_id, queue, kind, state, step, priority, language, skills,
                               queued_at, rank, promised, fence, offers, wrap_extensions)
            SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'sales', 'callback', 'queued', 0, 50, 'en',
                   '{}', now() - n * interval '1 second', now() - n * interval '1 second', false, 0, 0, 0
            FROM generate_series(1, 100000) AS n
            """
        )
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("ANALYZE tasks")
        await connection.exec_driver_sql("SELECT pg_stat_reset()")

    pulled = await pull(database, agent.id, settings)

    assert pulled.task is not None
    assert pulled.task.language == "he"
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        read = (
            await connection.exec_driver_sql(
                "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'tasks'"
            )
        ).scalar_one()
    assert read < 100
