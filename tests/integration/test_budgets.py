"""Budgets of calls and money: never overspent, whoever dials at once, and renewed by the centre's clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import count

import pytest
import pytest_asyncio
from sqlmodel import select

from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.escalations.instructions import Wait
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.queueing.limits import save_limits
from orchestrator.storage.database import Database
from orchestrator.telephony.ports import CarrierUnavailable
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg
from tests.integration.escalation_world import NOON, HandClock, RealClock, World
from tests.integration.test_escalation_races import Ready, ready_cases

HOUR = timedelta(hours=1)
CALL = "[{call: {queue: sales, script: checkout, attempts: {max: 2, no_answer: 1h}}}]"
AGREED = {"consent": {"voice_recorded": True}}
_numbers = count(7_650_000)


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    clock = HandClock()
    database = Database(database_url, pool_size=5, clock=clock)
    world = World(database, clock)
    await world.rule(steps=CALL)
    await world.floor(agents=4)
    yield world
    await database.close()


async def limit(world: World, document: str, now: datetime | None = None) -> None:
    at = now or world.clock.instant
    await world.database.run(
        lambda session: save_limits(session, document.encode(), seen="*", who="test", now=at, settings=world.settings)
    )


async def a_dial(world: World, rule: str = "angry", *, purpose: str = "service") -> EscalationRow:
    """Let a case of a customer of its own go as far as the gates let it."""
    customer = await world.customer(**AGREED, phone=f"+97252{next(_numbers)}")
    await world.moment(customer, rule, purpose=purpose)
    case = await world.escalation(customer)
    await world.run(case.id, repeat=False)
    return await world.reread(case.id)


async def verdicts(world: World, case: EscalationRow) -> list[tuple[str, str]]:
    last = (await world.decisions(case.id))[-1]
    return [(each["why"], each["sentence"]) for each in last.verdicts if each["gate"] == "budget"]


async def test_at_the_budget_a_case_is_held_until_it_renews_and_then_goes_on(world: World) -> None:
    await limit(world, "budgets: [{kind: calls, limit: 1, per: hour}]")
    await a_dial(world)
    held = await a_dial(world)

    assert (held.state, held.reasons, held.wait_until) == (State.WAITING, ["budget"], NOON + HOUR)
    told = "The budget of calls is used up: 1.0 of 1.0; renewed at 2026-11-18T13:00:00Z."
    assert await verdicts(world, held) == [("budget_spent", told)]
    assert len(world.carrier.placed) == 1
    assert await world.run(held.id) == Wait(NOON + HOUR)

    await world.pass_time(HOUR)
    await world.run(held.id, repeat=False)

    assert len(world.carrier.placed) == 2
    assert (await world.reread(held.id)).reasons == []


async def test_a_greater_budget_is_in_force_at_once(world: World) -> None:
    await limit(world, "budgets: [{kind: calls, limit: 1, per: day}]")
    await a_dial(world)
    held = await a_dial(world)
    assert held.reasons == ["budget"]

    await limit(world, "budgets: [{kind: calls, limit: 2, per: day}]")
    await world.run(held.id, repeat=False)

    assert len(world.carrier.placed) == 2


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        ("{kind: calls, limit: 1, per: hour, queue: sales}", "budget_spent_queue"),
        ("{kind: calls, limit: 1, per: hour, rule: angry}", "budget_spent_rule"),
        ("{kind: money, limit: 0.5, per: day}", "budget_spent"),
    ],
)
async def test_each_kind_of_budget_holds_what_draws_on_it(world: World, budget: str, why: str) -> None:
    await known_rules(world)
    await limit(world, f"budgets: [{budget}]\ncosts: {{call: 0.3}}")

    await a_dial(world)
    held = await a_dial(world)

    assert held.reasons == ["budget"]
    assert [said for said, _ in await verdicts(world, held)] == [why]


async def test_a_budget_of_another_rule_or_queue_holds_nothing(world: World) -> None:
    await known_rules(world)
    await world.floor(queue="other")
    await limit(
        world, "budgets: [{kind: calls, limit: 1, per: hour, queue: other}, {kind: calls, limit: 1, per: day, rule: broken}]"
    )

    await a_dial(world)
    await a_dial(world)

    assert len(world.carrier.placed) == 2


async def known_rules(world: World) -> None:
    async with world.database.transaction() as session:
        for name in ("angry", "broken"):
            session.add(RuleRow(name=name, state=RuleState.PUBLISHED, version=1, changed_at=NOON, since=NOON))


async def test_what_was_asked_for_is_not_held_and_counts_all_the_same(world: World) -> None:
    await world.rule("asked", steps=CALL, purpose="requested_callback")
    await limit(world, "budgets: [{kind: calls, limit: 1, per: hour}]")

    await a_dial(world, "asked", purpose="requested_callback")
    await a_dial(world, "asked", purpose="requested_callback")
    held = await a_dial(world)

    assert len(world.carrier.placed) == 2
    assert held.reasons == ["budget"]


async def test_a_call_that_surely_never_rang_is_given_back(world: World) -> None:
    await limit(world, "budgets: [{kind: calls, limit: 1, per: hour}]")
    world.carrier.failing = CarrierUnavailable("connection refused")
    first = await a_dial(world)
    world.carrier.failing = None

    second = await a_dial(world)

    assert next(row.ending for row in await world.attempts(first.id)) is Ending.NOT_PLACED
    assert second.reasons == []
    assert [row.submitted_at is None for row in await world.attempts(second.id)] == [False]


async def test_money_is_counted_to_the_last_price_and_never_overdrawn(world: World) -> None:
    await limit(world, "budgets: [{kind: money, limit: 0.3, per: day}]\ncosts: {call: 0.1}")

    cases = [await a_dial(world) for _ in range(4)]

    assert len(world.carrier.placed) == 3
    assert [case.reasons for case in cases] == [[], [], [], ["budget"]]


async def test_a_message_costs_money_too_and_is_no_call(world: World) -> None:
    await world.rule("told", steps="[{message: {template: finish-link}}]")
    await limit(
        world, "budgets: [{kind: money, limit: 0.1, per: day}, {kind: calls, limit: 1, per: day}]\ncosts: {message: 0.06}"
    )

    await a_dial(world, "told")
    held = await a_dial(world, "told")

    assert len(world.carrier.sent) == 1
    assert held.reasons == ["budget"]
    assert (await verdicts(world, held))[0][1].startswith("The budget of money is used up: 0.06 of 0.1;")


@pytest_asyncio.fixture
async def crowd(database_url: str) -> AsyncIterator[World]:
    database = Database(database_url, pool_size=12)
    yield World(database, RealClock())
    await database.close()


async def prepared(world: World, ready: list[Ready]) -> list[AttemptRow]:
    """Prepare all customers' legs at once, and return those there are."""

    async def prepare(case: Ready) -> None:
        request = DialRequest(case.escalation_id, f"{case.agent_leg}:customer:0", Leg.CUSTOMER, case.task_id)
        await world.dialer.prepare(request)

    await asyncio.gather(*map(prepare, ready))
    async with world.database.transaction() as session:
        query = select(AttemptRow).where(AttemptRow.leg == Leg.CUSTOMER, AttemptRow.state == AttemptState.PREPARED)
        return list((await session.exec(query)).all())


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "budgets",
    [
        "[{kind: calls, limit: 7, per: hour}]",
        "[{kind: money, limit: 2.1, per: day}, {kind: calls, limit: 50, per: day, queue: sales}]",
    ],
    ids=["calls", "money"],
)
async def test_a_hundred_that_prepare_at_once_never_spend_more_than_the_budget(crowd: World, budgets: str) -> None:
    ready = await ready_cases(crowd, 100)
    await limit(crowd, f"budgets: {budgets}\ncosts: {{call: 0.3}}")

    made = await prepared(crowd, ready)

    held = [await crowd.reread(case.escalation_id) for case in ready]
    assert len(made) == 7
    assert [row.reasons for row in held if row.state is State.WAITING] == [["budget"]] * 93
    assert {attempt.queue for attempt in made} == {"sales"}
