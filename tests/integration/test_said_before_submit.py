"""What a customer says between a dial's decision and its POST: the dial is not placed."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from orchestrator.availability.purposes import Medium
from orchestrator.telephony.tables import AttemptRow, AttemptState
from tests.integration.escalation_world import World
from tests.integration.test_permissions import forbid, say


async def _number_of_another(world: World, _: UUID) -> None:
    await forbid(world.database, await world.customer(), number="+972527654321")


async def _all_calls_of_another(world: World, _: UUID) -> None:
    await forbid(world.database, await world.customer())


async def _recorded_calls(world: World, customer: UUID) -> None:
    await say(world.database, customer, medium=Medium.VOICE_RECORDED, given=False)


async def _prepared(world: World) -> tuple[UUID, UUID]:
    """Return a customer, and a recorded call to them that is to be placed."""
    await world.rule("offer", steps="[{call: {queue: sales}}, {message: {template: finish-link}}]")
    await world.floor()
    customer = await world.customer(consent={"voice_recorded": True})
    await world.moment(customer, "offer")
    case = await world.escalation(customer)
    return customer, await world.prepare_dial(case.id)


@pytest.mark.parametrize(
    ("word", "gate"),
    [(_number_of_another, "do_not_call"), (_all_calls_of_another, "do_not_call"), (_recorded_calls, "consent")],
)
async def test_a_dial_prepared_before_a_word_against_it_is_not_placed_after_it(
    world: World, word: Callable[[World, UUID], Awaitable[None]], gate: str
) -> None:
    customer, prepared = await _prepared(world)

    await word(world, customer)
    await world.dialer.submit(prepared)

    assert world.carrier.placed == []
    async with world.database.transaction() as session:
        attempt = await session.get_one(AttemptRow, prepared)
    assert (attempt.state, attempt.submitted_at) == (AttemptState.ENDED, None)
    last = (await world.decisions(attempt.escalation_id))[-1]
    assert (last.occasion, last.reasons) == ("prepare", [gate])


async def test_a_dial_nobody_spoke_against_is_placed(world: World) -> None:
    _, prepared = await _prepared(world)

    await world.dialer.submit(prepared)

    assert len(world.carrier.placed) == 1
