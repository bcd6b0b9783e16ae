"""What a kill switch does to one case: the dial in the making, the promise that comes due, the command that throws it."""

from datetime import timedelta

import pytest
from sqlmodel import select

from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import SwitchRow
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.errors import BadInput
from orchestrator.escalations.instructions import DialLeg
from orchestrator.escalations.states import PromiseState, State
from orchestrator.queueing.switching import throw
from orchestrator.storage.database import Database
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import Ending, Leg
from tests.integration.escalation_world import World
from tests.integration.test_intake_commands import Run, environment, run

__all__ = ["environment", "run"]

MINUTE = timedelta(minutes=1)


async def switch(world: World, scope: SwitchScope = SwitchScope.EVERYTHING, target: str | None = None) -> SwitchRow:
    async with world.database.transaction() as session:
        now = await world.clock.now(session)
        return await throw(
            session, scope=scope, target=target, reason="r", author="a", who="a", now=now, settings=world.settings
        )


async def test_a_dial_prepared_before_the_switch_is_not_placed_after_it(world: World) -> None:
    await world.rule()
    await world.floor()
    await world.moment(customer := await world.customer())
    case = await world.escalation(customer)
    await world.run(case.id)
    await world.ask_for_call(await world.accept(case.id))
    told = await world.advance(case.id)
    assert isinstance(told, DialLeg)
    prepared = await world.dialer.prepare(DialRequest(case.id, told.request, told.leg, told.task_id))
    assert prepared is not None

    await switch(world, SwitchScope.QUEUE, "sales")
    await world.dialer.submit(prepared)

    (attempt,) = await world.attempts(case.id, Leg.AGENT)
    row, last = await world.reread(case.id), (await world.decisions(case.id))[-1]
    assert world.carrier.placed == []
    assert (attempt.ending, attempt.submitted_at) == (Ending.CANCELED, None)
    assert (row.state, row.reasons) == (State.WAITING, ["kill_switch"])
    assert (last.answer, last.reasons) == ("wait", ["kill_switch"])


async def test_a_promise_the_switch_keeps_from_being_kept_is_renewed_with_that_reason(world: World) -> None:
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await world.floor()
    await world.moment(customer := await world.customer())
    case = await world.escalation(customer)
    await world.run(case.id)

    await switch(world)
    await world.pass_time(25 * MINUTE)
    await world.run(case.id)

    first, second = await world.promises(case.id)
    assert (first.state, first.cause, second.state) == (PromiseState.RENEWED, "kill_switch", PromiseState.OPEN)
    assert second.due_at == first.due_at + 30 * MINUTE
    assert len(world.carrier.sent) == 2


async def test_a_case_of_another_queue_is_called_all_the_same(world: World) -> None:
    await world.rule()
    await world.floor()
    await world.floor(queue="service", agents=0)
    await world.moment(customer := await world.customer())
    case = await world.escalation(customer)
    await world.run(case.id)

    await switch(world, SwitchScope.QUEUE, "service")
    await world.ask_for_call(await world.accept(case.id))
    await world.run(case.id)

    assert len(world.carrier.placed) == 1


@pytest.mark.parametrize("scope", [SwitchScope.QUEUE, SwitchScope.RULE])
async def test_a_switch_for_what_does_not_exist_is_refused(world: World, scope: SwitchScope) -> None:
    with pytest.raises(BadInput) as caught:
        await switch(world, scope, "slaes")

    assert caught.value.field == "target"


async def test_by_command_a_switch_is_thrown_listed_and_lifted(database: Database, run: Run) -> None:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        session.add(RuleRow(name="moved", state=RuleState.PUBLISHED, version=1, changed_at=now, since=now))

    thrown = run("switch", "throw", "--rule", "moved", "--reason", "wrong prices")
    listed = run("switch", "list").stdout.strip().split("\t")
    unknown = run("switch", "throw", "--queue", "nowhere", "--reason", "r")
    lifted = run("switch", "lift", thrown.stdout.strip())

    assert listed[:2] == [thrown.stdout.strip(), "rule moved"]
    assert listed[-1] == "wrong prices"
    assert (unknown.returncode, "nowhere" in unknown.stderr) == (2, False)
    assert (lifted.returncode, run("switch", "list").stdout) == (0, "")
    async with database.transaction() as session:
        assert (await session.exec(select(SwitchRow))).one().lifted_at is not None
