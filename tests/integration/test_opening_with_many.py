"""A queue opens with five hundred waiting: agents get what they can take, the oldest promises first, and nobody is flooded."""

import random
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select, update

from orchestrator.availability.tables import CalendarRow
from orchestrator.escalations.instructions import DialLeg, Wait
from orchestrator.escalations.lifecycle import opt_out
from orchestrator.escalations.outcome import Disposition
from orchestrator.escalations.states import PromiseState, State
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.queueing import working
from orchestrator.queueing.pulling import next_task
from orchestrator.queueing.tables import HELD, AgentRow, OfferRow, QueueRow, TaskRow, TaskState
from orchestrator.queueing.working import Hold
from orchestrator.storage.database import Database
from orchestrator.storage.locks import lock_customer
from orchestrator.storage.outbox import OutboxRow
from tests.integration.escalation_world import NOON, HandClock, World, some_settings

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
NINE = NOON.replace(hour=9)
TALK = 6 * MINUTE
NIGHT = NINE - timedelta(hours=12)
HOURS = 'calendar: hours\nzone: UTC\nweekly: {tue: ["09:00-17:00"], wed: ["09:00-17:00"]}\n'


class Morning:
    """A queue that was closed all night, its agents, and the cases that came meanwhile, oldest first."""

    def __init__(self, world: World, agents: list[UUID], cases: list[UUID]) -> None:
        self.world, self.agents, self.cases = world, agents, cases
        self.wakes: dict[UUID, datetime | None] = {}

    @property
    def now(self) -> datetime:
        return self.world.clock.instant

    async def look(self, cases: Sequence[UUID]) -> None:
        """Let the processes of these cases do what they do, in this order."""
        for case in cases:
            told = await self.world.run(case, repeat=False)
            self.wakes[case] = told.until if isinstance(told, Wait) else None

    async def settle(self, chance: random.Random) -> None:
        """Let every process look whose time has come or who was told of something, until none has."""
        while due := await self._due():
            chance.shuffle(due)
            await self.look(due)

    async def _due(self) -> list[UUID]:
        async with self.world.database.transaction() as session:
            told = set((await session.exec(select(OutboxRow.workflow_id))).all())
            await session.exec(delete(OutboxRow))
        now = self.now
        return [
            case
            for case, wake in self.wakes.items()
            if (wake is not None and wake <= now) or (f"escalation-{case}" in told and wake is not None)
        ]

    async def in_hand(self) -> list[TaskRow]:
        async with self.world.database.transaction() as session:
            return list((await session.exec(select(TaskRow).where(col(TaskRow.state).in_(HELD)))).all())

    async def offered(self) -> list[tuple[datetime, UUID]]:
        """When what case was offered, in order."""
        query = select(OfferRow.offered_at, TaskRow.escalation_id).join(TaskRow, col(TaskRow.id) == col(OfferRow.task_id))
        async with self.world.database.transaction() as session:
            return list((await session.exec(query.order_by(col(OfferRow.offered_at)))).all())

    async def work(self) -> None:
        """Agents take what is on offer at once, and are done with what they took six minutes ago."""
        accept = partial(working.accept, clock=self.world.clock, settings=self.world.settings)
        complete = partial(working.complete, clock=self.world.clock, settings=self.world.settings)
        for task in await self.in_hand():
            assert task.agent_id is not None
            hold = Hold(task.id, task.agent_id, task.fence)
            if task.state is TaskState.RESERVED:
                await self.world.database.run(partial(accept, hold=hold))
            elif task.accepted_at is not None and task.accepted_at <= self.now - TALK:
                solved = Disposition.SOLVED.value
                await self.world.database.run(partial(complete, hold=hold, disposition=solved, notes=None))


async def a_morning(database: Database, *, cases: int, agents: int, steps: str, promised: int = 0) -> Morning:
    """It is a second before nine. Of the cases every fifth, up to `promised`, was told a time before nine, the oldest last."""
    clock = HandClock()
    clock.instant = NIGHT
    world = World(database, clock, some_settings(lease=timedelta(hours=1)))  # their desks stay open
    rule = await world.rule(steps=steps)
    here = await world.floor(agents=agents)
    async with database.transaction() as session:
        session.add(CalendarRow(name="hours", document=HOURS, changed_at=NIGHT))
        await session.flush()
        await session.exec(update(QueueRow).values(calendar="hours"))
    found = []
    for number in range(cases):
        clock.instant = NIGHT + number * 10 * SECOND
        customer = await world.customer(phone=f"+97252765{number:04}", consent={"voice_recorded": True})
        await world.moment(customer, rule)
        found.append((await world.escalation(customer)).id)
    morning = Morning(world, here, found)
    await morning.look(found)
    await _promise(database, found[:: max(1, cases // promised)][:promised] if promised else [])
    await world.pass_time(NINE - SECOND - clock.instant)
    return morning


async def _promise(database: Database, cases: Sequence[UUID]) -> None:
    """These customers were told a time before nine, a minute apart, the last of them first."""
    async with database.transaction() as session:
        for place, case in enumerate(reversed(cases)):
            row = await session.get_one(EscalationRow, case)
            row.has_words = True
            session.add(row)
            session.add(
                PromiseRow(
                    escalation_id=row.id,
                    customer_id=row.customer_id,
                    state=PromiseState.BROKEN,
                    words="w",
                    medium="sms",
                    due_at=NINE - (60 - place) * MINUTE,
                    written_at=NIGHT,
                )
            )


async def test_an_opening_with_five_hundred_offers_what_five_agents_can_take_oldest_promises_first(
    database: Database,
) -> None:
    morning = await a_morning(database, cases=500, agents=5, steps="[{callback: {queue: sales, due: 30m}}]", promised=10)
    chance = random.Random(20261118)
    early = await morning.offered()

    await morning.world.pass_time(SECOND)
    curve: list[tuple[int, int]] = []
    offers = 0
    for _ in range(20):
        await morning.settle(chance)
        held = await morning.in_hand()
        made = len(await morning.offered())
        curve.append((made - offers, len(held)))
        offers = made
        assert len(held) <= 5
        assert len({task.agent_id for task in held}) == len(held)
        await morning.work()
        await morning.settle(chance)
        await morning.work()  # who was free again took the next
        assert len(await morning.in_hand()) <= 5
        await morning.world.pass_time(MINUTE)

    lines = [f"  {minute:02}  {new:2}  {held:2}" for minute, (new, held) in enumerate(curve)]
    sys.stdout.write("\n".join(["minutes after nine, new offers, agents with a task", *lines, ""]))
    assert early == []
    assert max(new for new, _ in curve) <= 5
    assert sum(new for new, _ in curve) >= 20  # five agents, a round every six minutes
    promised = morning.cases[:: 500 // 10][:10][::-1]
    expected = [*promised, *(case for case in morning.cases if case not in promised)]
    order = [case for _, case in sorted(await morning.offered(), key=lambda each: (each[0], expected.index(each[1])))]
    assert order == expected[: len(order)]


async def test_no_more_customers_are_rung_than_agents_are_held_and_the_oldest_first(database: Database) -> None:
    morning = await a_morning(database, cases=40, agents=5, steps="[{call: {queue: sales}}]")
    await morning.world.pass_time(SECOND)
    shuffled = random.Random(1).sample(morning.cases, 40)

    told = {case: await morning.world.advance(case) for case in [*shuffled, *shuffled]}

    rung = {case for case, each in told.items() if isinstance(each, DialLeg)}
    held = {task.escalation_id: task.agent_id for task in await morning.in_hand()}
    assert rung == set(held) == set(morning.cases[:5])
    assert set(held.values()) == set(morning.agents)


async def test_what_is_no_longer_wanted_is_not_offered_when_the_queue_opens(database: Database) -> None:
    morning = await a_morning(database, cases=6, agents=5, steps="[{callback: {queue: sales, due: 30m}}]")
    gone = await morning.world.reread(morning.cases[0])
    async with database.transaction() as session:
        await opt_out(session, await lock_customer(session, gone.customer_id), now=morning.now)

    await morning.world.pass_time(SECOND)
    await morning.settle(random.Random(2))

    assert {case for _, case in await morning.offered()} == set(morning.cases[1:])
    assert (await morning.world.reread(gone.id)).state is State.CLOSED


async def test_an_opening_waits_five_seconds_at_most_for_those_who_do_not_look(database: Database) -> None:
    morning = await a_morning(database, cases=3, agents=2, steps="[{callback: {queue: sales, due: 30m}}]")
    await morning.world.pass_time(SECOND)

    await morning.look(morning.cases[1:])
    at_once = await morning.offered()
    soon = [morning.wakes[case] for case in morning.cases[1:]]
    await morning.world.pass_time(5 * SECOND)
    await morning.look(morning.cases[1:])

    assert at_once == []
    assert all(wake is not None and wake <= morning.now for wake in soon)
    assert [case for _, case in await morning.offered()] == morning.cases[1:]


async def test_agents_who_arrive_while_an_opening_gathers_take_nothing_out_of_turn(database: Database) -> None:
    morning = await a_morning(database, cases=2, agents=1, steps="[{callback: {queue: sales, due: 30m}}]")
    await morning.world.pass_time(SECOND)
    await morning.look(morning.cases[1:])

    early = await database.run(
        lambda s: next_task(s, morning.agents[0], clock=morning.world.clock, settings=morning.world.settings)
    )
    await morning.look(morning.cases[:1])

    assert early.task is None
    async with database.transaction() as session:
        agent = await session.get_one(AgentRow, morning.agents[0])
    assert [(task.escalation_id, task.agent_id) for task in await morning.in_hand()] == [(morning.cases[0], agent.id)]


async def test_no_more_customers_are_promised_a_call_than_five_agents_can_keep_and_the_oldest_are(database: Database) -> None:
    morning = await a_morning(database, cases=40, agents=5, steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    chance = random.Random(3)
    await morning.world.pass_time(SECOND)

    await morning.settle(chance)
    told = await _told(database)
    # Five are with agents and 25 more wait: six minutes each, the last of them is called after half an hour.
    rest = [await morning.world.reread(case) for case in morning.cases[30:]]
    await morning.work()
    await morning.world.pass_time(TALK)
    await morning.work()
    await morning.settle(chance)
    await morning.world.pass_time(morning.world.settings.staffing_relook)
    await morning.settle(chance)

    assert told == set(morning.cases[:30])
    assert {(row.state, tuple(row.reasons)) for row in rest} == {(State.WAITING, ("staffing",))}
    assert await _told(database) == set(morning.cases[:35])


async def _told(database: Database) -> set[UUID]:
    async with database.transaction() as session:
        return set((await session.exec(select(PromiseRow.escalation_id))).all())
