"""`kill -9` of a worker in each state of an escalation: another one takes it to the same end, and no phone rings twice."""

from orchestrator.escalations.states import Outcome, State
from orchestrator.telephony.tables import Leg
from tests.integration.faults.case import CALL, LONG, Case, a_case
from tests.integration.faults.floor import Floor
from tests.integration.telephony_stage import a_phone

SETTINGS = {"ring_timeout": "500s"}  # in the carrier's seconds, of which twenty pass in one


async def assert_it_was_solved_and_kept(case: Case, *, customer_calls: int = 1) -> None:
    row = await case.closed()
    assert row.outcome is Outcome.SOLVED
    assert await case.every_promise_has_its_ending() == ["kept"]
    assert len(await case.floor.rings(case.phone)) == customer_calls
    await case.nobody_rang_twice()


async def test_killed_before_the_first_look(floor: Floor) -> None:
    case = await a_case(floor)

    await floor.worker.kill()
    await case.ask()
    await case.in_state(State.OPEN)
    await floor.worker.start()

    await case.called()
    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_it_waits(floor: Floor) -> None:
    case = await a_case(floor, grace="2s")
    await case.ask()
    await case.in_state(State.WAITING)

    await floor.worker.kill_and_start()

    await case.called()
    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_it_is_queued(floor: Floor) -> None:
    case = await a_case(floor, language="fr")  # somebody is on duty, and nobody who speaks the customer's language
    await case.ask()
    await case.in_state(State.QUEUED)

    await floor.worker.kill_and_start()

    case.desk = await floor.desk(case.name, a_phone())
    await case.desk.arrive()
    await case.called()
    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_it_is_reserved(floor: Floor) -> None:
    case = await a_case(floor)
    await case.ask()
    await case.offered()

    await floor.worker.kill()
    await case.desk.accept()
    await floor.worker.start()

    await case.desk.call()
    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_it_is_assigned(floor: Floor) -> None:
    case = await a_case(floor)
    await case.ask()
    await case.accepted()
    await case.in_state(State.ASSIGNED)

    await floor.worker.kill()
    await case.desk.call()
    await floor.worker.start()

    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_the_agents_phone_rings(floor: Floor) -> None:
    case = await a_case(floor)
    await case.phones(agent=LONG)
    await case.ask()
    await case.called()
    await case.leg_is(Leg.AGENT, "ringing")

    await floor.worker.kill_and_start()

    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_the_customers_phone_rings(floor: Floor) -> None:
    case = await a_case(floor)
    await case.phones(customer={**LONG, "talk": 20})
    await case.ask()
    await case.called()
    await case.leg_is(Leg.CUSTOMER, "ringing")

    await floor.worker.kill_and_start()

    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_they_talk(floor: Floor) -> None:
    case = await a_case(floor)
    await case.phones(customer={"behaviour": "answer", "talk": 100})
    await case.ask()
    await case.called()
    await case.in_state(State.CONNECTED)

    await floor.worker.kill_and_start()

    await case.wrapped()
    await assert_it_was_solved_and_kept(case)


async def test_killed_while_the_agent_wraps_up(floor: Floor) -> None:
    case = await a_case(floor)
    await case.ask()
    await case.called()
    await case.in_state(State.WRAPPING)

    await floor.worker.kill()
    await case.desk.complete("solved")
    await floor.worker.start()

    await assert_it_was_solved_and_kept(case)


async def test_killed_while_a_customers_phone_rings_first(floor: Floor) -> None:
    case = await a_case(floor, step=CALL)
    await case.phones(customer={**LONG, "talk": 20, "press": "1"})
    await case.ask()
    await case.leg_is(Leg.CUSTOMER, "ringing")

    await floor.worker.kill_and_start()

    await case.wrapped()
    row = await case.closed()
    assert row.outcome is Outcome.SOLVED
    assert len(await floor.rings(case.phone)) == 1
    await case.nobody_rang_twice()


async def test_killed_while_a_closed_case_still_has_a_call_to_cancel(floor: Floor) -> None:
    case = await a_case(floor)
    await case.phones(customer={**LONG, "answer_after": 400})
    await case.ask()
    await case.called()
    await case.leg_is(Leg.CUSTOMER, "ringing")

    await floor.worker.kill()
    await case.settle_alone()
    row = await case.closed()
    await floor.worker.start()

    ended = [await case.leg_is(leg, "ended") for leg in (Leg.CUSTOMER, Leg.AGENT)]
    assert row.outcome is Outcome.RESOLVED_BY_CUSTOMER
    assert [attempt.joined_at for attempt in ended] == [None, None]
    assert await case.every_promise_has_its_ending() == ["released"]
    await case.nobody_rang_twice()
