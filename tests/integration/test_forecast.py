"""The forecast of a queue on a real database: planned and present agents, what fits, and how long a callback would wait."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from api.app import create_app
from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.queueing.capacity import Source
from orchestrator.queueing.forecast import Forecast, forecast
from orchestrator.queueing.shifts import save_shifts
from orchestrator.queueing.tables import AgentRow, Presence, QueueRow, TaskRow, TaskState
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, a_token, an_agent, bearer, some_settings

MINUTE = timedelta(minutes=1)
# A Sunday at nine in Jerusalem, and what is open then.
NINE = datetime(2026, 6, 7, 6, tzinfo=UTC)
HOURS = 'calendar: hours\nzone: Asia/Jerusalem\nweekly: {sun: ["09:00-13:00", "14:00-17:00"], mon: ["09:00-17:00"]}\n'


@pytest.fixture
def settings(database_url: str) -> Settings:
    return some_settings(database_url)


async def a_place(session: AsyncSession) -> None:
    session.add(CalendarRow(name="hours", document=HOURS, changed_at=NINE))
    await session.flush()
    await a_queue(session, calendar="hours")


async def a_planned(session: AsyncSession, name: str, windows: str, *, there: bool, also: tuple[str, ...] = ()) -> AgentRow:
    agent = await an_agent(session, name, queues=("sales", *also), presence=Presence.AVAILABLE if there else Presence.OFFLINE)
    agent.seen_at = NINE
    session.add(agent)
    document = f"shifts: {name}\nzone: Asia/Jerusalem\nweekly: {{sun: {windows}}}\n"
    await save_shifts(session, name, document.encode(), who="test", now=NINE)
    return agent


async def finished(session: AsyncSession, number: int, *, took: timedelta, ago: timedelta) -> None:
    ids = [(await a_task(session)).id for _ in range(number)]
    done = update(TaskRow).where(col(TaskRow.id).in_(ids))
    at = NINE - ago
    await session.exec(done.values(state=TaskState.DONE, queued_at=at - took, accepted_at=at - took, ended_at=at))


async def told(session: AsyncSession, settings: Settings, at: datetime = NINE) -> Forecast:
    return await forecast(session, "sales", now=at, settings=settings)


async def test_what_fits_before_closing_follows_the_shift_plans(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_place(session)
        await a_queue(session, "help")
        await a_planned(session, "dana", '["08:00-13:00"]', there=True)
        await a_planned(session, "eli", '["10:00-18:00"]', there=False)
        await a_planned(session, "noa", '["09:00-11:00"]', there=False, also=("help",))
        for _ in range(7):
            await a_task(session)
        known = await told(session, settings)

    assert known.source is Source.SHIFTS
    assert known.closes_at == datetime(2026, 6, 7, 14, tzinfo=UTC)
    assert (known.planned_now, known.standing.on_duty, known.absent, known.unplanned) == (2, 1, ("noa",), ())
    # Six minutes each: dana 4 h, eli 3 + 3 h, noa's 2 h half for each of two queues: 11 h.
    assert (known.fit, known.open_tasks, known.room) == (110, 7, 103)
    assert known.prospects[0].quarter.agents == 1.5
    assert known.wait == timedelta(minutes=6) * (7 - 1.5 + 1) / 1.5


async def test_the_agents_needed_are_those_of_the_queues_own_service_level(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_place(session)
        await a_planned(session, "dana", '["09:00-17:00"]', there=True)
        for _ in range(60):
            await a_task(session)
        usual = await told(session, settings)
        queue = await session.get_one(QueueRow, "sales")
        queue.service_percent, queue.service_within = 99, timedelta(seconds=10)
        await session.flush()
        strict = await told(session, settings)

    assert (usual.level.share, usual.level.within) == (0.8, timedelta(minutes=5))
    assert (strict.level.share, strict.level.within) == (0.99, timedelta(seconds=10))
    # 60 calls of six minutes in seven hours keep 6/7 of an agent busy: by Erlang C two for the usual level, five for this one.
    assert [known.prospects[0].needed for known in (usual, strict)] == [2, 5]


async def test_without_any_plan_those_who_are_there_are_taken_to_stay(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_place(session)
        agent = await an_agent(session)
        agent.seen_at = NINE
        session.add(agent)
        known = await told(session, settings)

    assert (known.source, known.planned_now, known.absent, known.unplanned) == (Source.PRESENCE, 1, (), ())
    assert (known.fit, known.wait) == (70, timedelta(0))


async def test_a_queue_with_nobody_fits_nothing_and_promises_no_wait(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_place(session)
        known = await told(session, settings)

    assert (known.fit, known.room, known.wait) == (0, 0, None)
    assert known.prospects[0].needed == 0


async def test_after_closing_the_next_day_is_looked_at_and_a_close_is_cut_out(database: Database, settings: Settings) -> None:
    evening = NINE + timedelta(hours=12)
    async with database.transaction() as session:
        await a_place(session)
        await a_planned(session, "dana", '["09:00-10:00"]', there=False)
        session.add(ClosureRow(calendar="hours", starts_at=evening, ends_at=NINE + timedelta(hours=25), reason="x", author="y"))
        await session.flush()
        known = await told(session, settings, evening)

    assert known.closes_at == datetime(2026, 6, 8, 14, tzinfo=UTC)
    assert known.prospects[0].quarter.start == NINE + timedelta(hours=25)
    assert (known.fit, known.wait) == (0, None)


async def test_handling_is_measured_on_what_the_queue_has_finished_of_late(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_place(session)
        await finished(session, 19, took=4 * MINUTE, ago=timedelta(days=2))
        few = await told(session, settings)
        await finished(session, 11, took=10 * MINUTE, ago=timedelta(days=3))
        await finished(session, 30, took=90 * MINUTE, ago=timedelta(days=29))
        enough = await told(session, settings)

    assert (few.handling.mean, few.handling.measured_on) == (6 * MINUTE, 0)
    assert enough.handling.measured_on == 30
    assert enough.handling.mean == (19 * 4 * MINUTE + 11 * 10 * MINUTE) / 30


async def test_what_came_in_the_same_quarters_of_past_weeks_is_expected_again(database: Database, settings: Settings) -> None:
    async with database.transaction() as session:
        await a_place(session)
        await finished(session, 8, took=MINUTE, ago=timedelta(days=7) - 5 * MINUTE)
        await finished(session, 4, took=MINUTE, ago=timedelta(days=14) - 20 * MINUTE)
        await finished(session, 9, took=MINUTE, ago=timedelta(days=6))
        known = await told(session, settings)

    assert [each.arrivals for each in known.prospects[:3]] == [2, 1, 0]


async def test_the_forecast_is_told_by_quarter_hour_over_the_api(database: Database, database_url: str) -> None:
    async with database.transaction() as session:
        secret = await a_token(session)
        await a_queue(session)
        await an_agent(session)
        await a_task(session)
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        answer = await client.get("/v1/queues/sales/forecast", headers=bearer(secret))
        missing = await client.get("/v1/queues/loans/forecast", headers=bearer(secret))

    body = answer.json()
    assert (answer.status_code, missing.status_code, missing.json()["code"]) == (200, 404, "no_such_queue")
    assert (body["source"], body["closes_at"], body["fit"], body["room"], body["waiting"]) == ("presence", None, 240, 239, 1)
    assert body["handling_time"] == "PT6M"
    assert body["quarters"][0].keys() >= {"agents_planned", "open_tasks", "capacity", "wait"}
