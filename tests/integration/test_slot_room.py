"""The times a customer is offered follow what the crew can do: never more callbacks than fit."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.queueing.outlook import Quarter
from orchestrator.queueing.rescheduling import NotAllowedThen, reschedule
from orchestrator.queueing.shift_tables import ShiftPlanRow
from orchestrator.queueing.slot_room import SlotRoom
from orchestrator.queueing.slots import allowed_times
from orchestrator.queueing.tables import AgentRow
from orchestrator.queueing.working import Hold
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.integration.floor import a_task, reread, some_settings
from tests.integration.test_desk_domain import in_hand

NINE = datetime(2026, 11, 18, 9, tzinfo=UTC)
QUARTER, MINUTE = timedelta(minutes=15), timedelta(minutes=1)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return some_settings(database_url).changed(twilio_from_numbers=("+14155550100",))


def quarters(*capacity: float) -> list[Quarter]:
    return [
        Quarter(NINE + number * QUARTER, NINE + (number + 1) * QUARTER, planned=1, agents=float(each > 0), capacity=each)
        for number, each in enumerate(capacity)
    ]


def test_a_half_hour_has_room_for_what_its_quarters_finish_less_what_is_promised() -> None:
    room = SlotRoom(quarters(2.5, 2.5, 1.25, 1.25, 0, 0), [NINE + 15 * MINUTE, NINE + 30 * MINUTE, NINE + 31 * MINUTE])

    assert [room.at(NINE + number * 2 * QUARTER) for number in range(3)] == [3, 1, 0]
    assert room.at(NINE + QUARTER) == 1  # three fit from a quarter past nine; two were promised
    assert room.at(NINE + 5 * timedelta(hours=1)) == 0


def test_a_call_longer_than_its_half_hour_takes_the_room_of_those_around_it() -> None:
    one_agent_calls_of_an_hour = quarters(*[0.25] * 16)
    free, taken = SlotRoom(one_agent_calls_of_an_hour, []), SlotRoom(one_agent_calls_of_an_hour, [NINE + 75 * MINUTE])

    starts = [NINE + number * 2 * QUARTER for number in range(5)]
    assert [free.at(each) for each in starts] == [1, 1, 1, 1, 1]
    assert [taken.at(each) for each in starts] == [1, 0, 0, 0, 1]  # the one due at 10:15 keeps them busy


def test_whoever_is_planned_begins_one_call_however_long_calls_take() -> None:
    assert SlotRoom(quarters(0.02, 0.02), []).at(NINE) == 1
    assert SlotRoom(quarters(0.02, 0.02), [NINE + 15 * MINUTE]).at(NINE) == 0


async def _times(database: Database, settings: Settings, hold: Hold) -> list[datetime]:
    task = await reread(database, hold.task_id)
    async with database.transaction() as session:
        return await allowed_times(session, task, now=await database.clock.now(session), settings=settings)


async def _promise(database: Database, queue: str, at: datetime) -> UUID:
    """Another customer of the queue was told a time."""
    async with database.transaction() as session:
        task = await a_task(session, queue=queue)
        await session.flush()
        case = await session.get_one(EscalationRow, task.escalation_id)
        case.queue = queue
        row = PromiseRow(
            escalation_id=case.id,
            customer_id=case.customer_id,
            state=PromiseState.OPEN,
            words="w",
            medium="voice",
            due_at=at,
            written_at=datetime.now(UTC),
        )
        session.add_all([case, row])
        return row.id


async def test_a_time_that_is_full_is_neither_offered_nor_taken_and_the_next_is_named(
    database: Database, settings: Settings
) -> None:
    hold = await in_hand(database, settings, zone="Asia/Jerusalem", country="IL")
    task = await reread(database, hold.task_id)
    before = await _times(database, settings, hold)
    full, next_one = next((a, b) for a, b in itertools.pairwise(before) if b - a == 2 * QUARTER)
    for number in range(5):  # one agent, six minutes a call
        assert full in await _times(database, settings, hold)
        await _promise(database, task.queue, full + (5 + number) * MINUTE)

    after = await _times(database, settings, hold)
    with pytest.raises(NotAllowedThen) as refused:
        async with database.transaction() as session:
            await reschedule(session, hold, at=full, clock=database.clock, settings=settings)

    assert after == [each for each in before if each != full]
    assert refused.value.fix == f"from {next_one.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} on there is room"
    async with database.transaction() as session:
        taken = await reschedule(session, hold, at=next_one, clock=database.clock, settings=settings)
    assert taken.not_before == next_one


async def test_only_times_somebody_is_planned_for_are_offered(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings, zone="Asia/Jerusalem", country="IL")
    before = await _times(database, settings, hold)
    wanted = [each for each in before if each.date() == before[-1].date()][-3:-1]
    first, last = wanted[0], wanted[-1] + 2 * QUARTER
    async with database.transaction() as session:
        agent = (await session.exec(select(AgentRow).where(AgentRow.id == hold.agent_id))).one()
        days = f'{{{first.date()}: ["{first:%H:%M}-{last:%H:%M}"]}}'
        document = f"shifts: {agent.name}\nzone: Asia/Jerusalem\nweekly: {{}}\ndays: {days}\n"
        session.add(ShiftPlanRow(agent_id=agent.id, document=document, changed_at=datetime.now(UTC)))

    assert await _times(database, settings, hold) == wanted
    assert len(before) > len(wanted)
