"""Customers who answer and meet nobody: only a lost agent makes one, each hears why, and all are counted."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from orchestrator.insights.day_results import Waited, all_waited, day_results
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Farewell, Leg
from orchestrator.telephony.twiml import Documents
from orchestrator.telephony.urls import Voice, Webhooks
from tests.integration.escalation_world import World, some_settings

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


async def _rings(world: World, number: int) -> tuple[UUID, AttemptRow, AttemptRow]:
    """Let a customer's phone ring while the agent waits on the line; return the case and both legs."""
    customer = await world.customer(phone=f"+97252765{number:04}")
    await world.moment(customer)
    case = (await world.escalation(customer)).id
    await world.ring_customer(case)
    agent, leg = await world.open_attempts(case)
    assert (agent.leg, agent.state, leg.leg) == (Leg.AGENT, AttemptState.CONNECTED, Leg.CUSTOMER)
    assert agent.answered_at is not None
    assert leg.submitted_at is not None
    assert leg.submitted_at >= agent.answered_at  # nobody is dialed ahead of an agent
    return case, agent, leg


async def _finish(world: World, case: UUID) -> None:
    await world.run(case)
    await world.complete(await world.hold(case), "solved")
    await world.run(case)


async def _left(world: World, case: UUID) -> AttemptRow:
    return (await world.attempts(case, Leg.CUSTOMER))[-1]


async def _drops(world: World, case: UUID, agent: AttemptRow, leg: AttemptRow, *, answers: bool) -> None:
    """The agent's line is lost while the customer's phone rings, who may answer before the carrier hears of it."""
    await world.reports(agent, CallStatus.COMPLETED)
    if answers:
        await world.reports(leg, CallStatus.IN_PROGRESS, CallStatus.COMPLETED)
    else:
        await world.reports(leg, CallStatus.CANCELED)
    await _finish(world, case)


async def test_who_answers_as_the_agent_is_lost_hears_an_apology_and_is_counted(world: World) -> None:
    await world.rule()
    await world.floor()
    case, agent, leg = await _rings(world, 1)

    await world.reports(agent, CallStatus.COMPLETED)
    await world.reports(leg, CallStatus.IN_PROGRESS)
    answered = await _left(world, case)
    heard = Documents(Webhooks("https://calls.test")).of(Voice.CUSTOMER, answered)
    await world.reports(leg, CallStatus.COMPLETED)

    assert answered.farewell is Farewell.APOLOGY
    assert "sorry" in heard.lower()
    assert (await _left(world, case)).ending is Ending.ABANDONED


async def test_who_does_not_answer_as_the_agent_is_lost_is_not_counted(world: World) -> None:
    await world.rule()
    await world.floor()
    case, agent, leg = await _rings(world, 1)

    await _drops(world, case, agent, leg, answers=False)

    assert (await _left(world, case)).ending is not Ending.ABANDONED


async def test_over_thirty_days_the_share_is_of_lost_agents_whose_customers_answered_and_no_others(world: World) -> None:
    await world.rule()
    await world.floor()
    since, lost = world.clock.instant, (7, 19)
    for number in range(24):
        case, agent, leg = await _rings(world, number)
        if number in (*lost, 3, 11):
            await _drops(world, case, agent, leg, answers=number in lost)
        else:
            await world.reports(leg, CallStatus.IN_PROGRESS)
            await world.join(agent, leg)
            for each in (agent, leg):
                await world.reports(each, CallStatus.COMPLETED)
            await _finish(world, case)
        await world.pass_time(60 * SECOND)

    async with world.database.transaction() as session:
        days = await day_results(session, since=since - 29 * DAY, until=since + DAY, zone="UTC")
    waited = all_waited(days)
    assert waited == Waited(spoken=20, abandoned=2)
    assert waited.share_abandoned == pytest.approx(2 / 22)


async def test_a_phone_rings_fifteen_seconds_at_least(world: World) -> None:
    with pytest.raises(ValidationError):
        some_settings(ring_timeout=timedelta(seconds=14))
    await world.rule()
    await world.floor()

    await _rings(world, 1)

    assert {order.ring for order in world.carrier.placed} == {world.settings.ring_timeout}
    assert world.settings.ring_timeout >= 15 * SECOND
