"""A reason whose topic is refused joins a case of another: nobody speaks of it, and the other is called all the same."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from orchestrator.availability.purposes import Purpose
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.instructions import Closed
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.words import Language
from orchestrator.insights.why_card import Reader, why_card
from tests.integration.escalation_world import World
from tests.integration.test_permissions import forbid, say

HOUR = timedelta(hours=1)


async def _by_consent(world: World, customer: UUID) -> None:
    await say(world.database, customer, purpose=Purpose.SERVICE, topic="bill", given=False)


async def _by_do_not_call(world: World, customer: UUID) -> None:
    await forbid(world.database, customer, topic="bill")


async def _rules(world: World) -> None:
    await world.rule("fault", priority=20)
    await world.rule("bill", priority=80)
    await world.floor()


async def _status(world: World, moment: MomentRow) -> MomentStatus:
    async with world.database.transaction() as session:
        return (await session.get_one(MomentRow, moment.id)).status


@pytest.mark.parametrize("refuse", [_by_consent, _by_do_not_call])
@pytest.mark.parametrize("priority", [10, 80])
async def test_a_forbidden_reason_that_joins_takes_no_lead_and_the_other_is_called(
    world: World, refuse: Callable[[World, UUID], Awaitable[None]], priority: int
) -> None:
    await _rules(world)
    customer = await world.customer()
    await refuse(world, customer)
    fault = await world.moment(customer, "fault", priority=20)
    case = await world.escalation(customer)
    await world.run(case.id)
    (before,) = await world.tasks(case.id)

    bill = await world.moment(customer, "bill", verdict="joined", priority=priority)
    await world.run(case.id)

    row, (task,) = await world.reread(case.id), await world.tasks(case.id)
    assert (row.rule, task.id, task.state) == ("fault", before.id, before.state)
    assert (await _status(world, fault), await _status(world, bill)) == (MomentStatus.LIVE, MomentStatus.ENDED)
    async with world.database.transaction() as session:
        reader = Reader("Dana", Language.ENGLISH)
        card = await why_card(session, task, reader, rules=world.library, now=world.clock.instant)
    assert card.others == ()
    await world.ask_for_call(await world.accept(case.id))
    await world.run(case.id)
    assert len(world.carrier.placed) == 1


@pytest.mark.parametrize("refuse", [_by_consent, _by_do_not_call])
async def test_a_forbidden_reason_that_opened_the_case_leaves_it_to_the_one_that_joins(
    world: World, refuse: Callable[[World, UUID], Awaitable[None]]
) -> None:
    await _rules(world)
    customer = await world.customer()
    await refuse(world, customer)
    await world.moment(customer, "bill", priority=80)
    case = await world.escalation(customer)

    await world.moment(customer, "fault", verdict="joined", priority=20)
    await world.run(case.id)

    row = await world.reread(case.id)
    assert (row.rule, row.state) == ("fault", State.QUEUED)


async def test_a_reason_whose_consent_runs_out_while_it_waits_leaves_the_case_to_the_other(world: World) -> None:
    await world.rule("fault", priority=20, purpose="marketing")
    await world.rule("bill", priority=80, purpose="marketing")
    await world.floor(agents=0)
    customer = await world.customer()
    now = world.clock.instant
    await say(world.database, customer, purpose=Purpose.MARKETING, topic="fault")
    await say(world.database, customer, purpose=Purpose.MARKETING, topic="bill", expires_at=now + HOUR)
    await world.moment(customer, "bill", priority=80, purpose="marketing")
    await world.moment(customer, "fault", verdict="joined", priority=20, purpose="marketing")
    case = await world.escalation(customer)
    await world.run(case.id)
    led_by = (await world.reread(case.id)).rule

    await world.pass_time(HOUR)
    await world.run(case.id)

    row = await world.reread(case.id)
    assert (led_by, row.rule, row.state) == ("bill", "fault", State.WAITING)


async def test_where_every_reason_is_forbidden_the_case_closes_with_that(world: World) -> None:
    await _rules(world)
    customer = await world.customer()
    await _by_consent(world, customer)
    await say(world.database, customer, purpose=Purpose.SERVICE, topic="fault", given=False)
    await world.moment(customer, "bill", priority=80)
    await world.moment(customer, "fault", verdict="joined", priority=20)
    case = await world.escalation(customer)

    told = await world.run(case.id)

    assert told == Closed(Outcome.SUPPRESSED)
    assert (await world.reread(case.id)).reasons == ["consent"]
