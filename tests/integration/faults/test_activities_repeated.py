"""Every activity done twice, also at the same moment, does no more than done once: Temporal may run any of them again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import uuid4

import pytest_asyncio
from sqlmodel import func, select
from temporalio.testing import ActivityEnvironment

from activities.dialing import Dialing
from activities.escalations import Escalations
from activities.messaging import Messaging
from activities.sweep import Sweeping
from activities.watches import Watches
from orchestrator.detection.acting import Policy
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import MomentRow, WatchRow
from orchestrator.escalations.states import Outcome, State
from orchestrator.storage.outbox import OutboxRow
from orchestrator.telephony.dialing import Dialer
from orchestrator.telephony.posting import Posting
from orchestrator.telephony.tables import Leg
from orchestrator.telephony.twilio import TwilioCarrier
from tests.integration.faults.case import Case, a_case
from tests.integration.faults.floor import Floor, event, eventually
from tests.integration.simulated_carrier import ACCOUNT_SID, AUTH_TOKEN
from workflows.contracts import AttemptRef, Instruction, MessageRef, Next, Prepared, StartEscalation, StartWatch

SETTINGS = {"ring_timeout": "500s"}
Done = TypeVar("Done")


@dataclass(slots=True)
class Hands:
    """The activities, without the worker that would run them: what the process asks for, a test does by hand."""

    floor: Floor
    escalations: Escalations
    dialing: Dialing
    messaging: Messaging
    watches: Watches
    sweeping: Sweeping

    async def looked(self, case: Case, wanted: Next) -> Instruction:
        """Look at the case until it wants this next; what else it wants meanwhile is done."""
        row = await case.opened()

        async def look() -> Instruction:
            told = await self.escalations.advance(StartEscalation(escalation_id=row.id))
            if told.next is not wanted:
                await self.do(told)
            return told

        return await eventually(look, lambda told: told.next is wanted)

    async def do(self, told: Instruction) -> None:
        for message_id in told.messages:
            await self.messaging.send(MessageRef(message_id=message_id))
        for attempt_id in told.settle:
            await self.dialing.settle(AttemptRef(attempt_id=attempt_id))
        for attempt_id in told.stops:
            await self.dialing.stop(AttemptRef(attempt_id=attempt_id))
        if told.dial is not None:
            prepared = await self.dialing.prepare(told.dial)
            if prepared.attempt_id is not None:
                await self.dialing.submit(AttemptRef(attempt_id=prepared.attempt_id))


async def twice(act: Callable[[], Awaitable[Done]]) -> list[Done]:
    """Do it twice at once and once more afterwards."""
    return [*await asyncio.gather(act(), act()), await act()]


@pytest_asyncio.fixture(scope="module")
async def hands(floor: Floor) -> AsyncIterator[Hands]:
    """The floor's worker is away; its activities are in the test's hands."""
    await floor.worker.kill()
    carrier = TwilioCarrier(ACCOUNT_SID, AUTH_TOKEN, base_url=floor.sim.base)
    database, settings, rules = floor.database, floor.settings, RuleLibrary()
    yield Hands(
        floor,
        Escalations(database, rules, settings),
        Dialing(Dialer(database, carrier, rules, settings)),
        Messaging(Posting(database, carrier, settings)),
        Watches(database, rules, Policy(settings.late_grace, settings.holdout_salt)),
        Sweeping(database),
    )
    carrier.close()


async def test_sending_and_settling_a_message_again_sends_nothing(hands: Hands) -> None:
    case = await a_case(hands.floor)
    await case.ask()
    told = await hands.looked(case, Next.SEND)
    (message_id,) = told.messages

    await twice(lambda: hands.messaging.send(MessageRef(message_id=message_id)))
    await twice(lambda: hands.messaging.settle(MessageRef(message_id=message_id)))

    sent = [message for message in await asyncio.to_thread(hands.floor.sim.messages) if message["to"] == case.phone]
    assert len(sent) == 1


async def test_preparing_submitting_settling_and_stopping_a_call_again_rings_once(hands: Hands) -> None:
    case = await a_case(hands.floor)
    await case.phones(agent={"behaviour": "answer", "answer_after": 400})
    await case.ask()
    await hands.looked(case, Next.WAIT)
    await case.called()
    told = await hands.looked(case, Next.DIAL)
    dial = told.dial
    assert dial is not None

    prepared = await twice(lambda: hands.dialing.prepare(dial))
    attempt_id = prepared[0].attempt_id
    assert attempt_id is not None
    await twice(lambda: hands.dialing.submit(AttemptRef(attempt_id=attempt_id)))
    await twice(lambda: hands.dialing.settle(AttemptRef(attempt_id=attempt_id)))
    await case.leg_is(Leg.AGENT, "ringing")
    await case.settle_alone()
    await hands.looked(case, Next.STOP)
    await twice(lambda: hands.dialing.stop(AttemptRef(attempt_id=attempt_id)))

    assert {each.attempt_id for each in prepared} == {attempt_id}
    await case.leg_is(Leg.AGENT, "ended")
    assert [ring["ending"] for ring in await hands.floor.rings(case.desk.phone)] == ["canceled"]
    assert await twice(lambda: hands.dialing.prepare(dial)) == [Prepared()] * 3
    await twice(lambda: hands.dialing.submit(AttemptRef(attempt_id=attempt_id)))
    await case.nobody_rang_twice()


async def test_looking_again_says_the_same_and_adds_nothing(hands: Hands) -> None:
    case = await a_case(hands.floor)
    await case.ask()
    await hands.looked(case, Next.WAIT)
    row = await case.opened()
    before = await case.story()

    told = await twice(lambda: hands.escalations.advance(StartEscalation(escalation_id=row.id)))

    assert {each.next for each in told} == {Next.WAIT}
    assert await case.story() == before
    assert (len(await case.tasks()), len(await case.promises()), len(await case.messages())) == (1, 1, 1)


async def test_failing_a_case_again_leaves_its_first_outcome(hands: Hands) -> None:
    failed, settled = await a_case(hands.floor), await a_case(hands.floor)
    for case in (failed, settled):
        await case.ask()
        await hands.looked(case, Next.WAIT)
    await settled.settle_alone()

    for case in (failed, settled):
        row = await case.opened()
        await twice(partial(hands.escalations.fail, StartEscalation(escalation_id=row.id)))

    assert (await failed.closed()).outcome is Outcome.FAILED
    assert (await settled.closed()).outcome is Outcome.RESOLVED_BY_CUSTOMER
    assert await failed.every_promise_has_its_ending() == ["broken"]


async def test_settling_a_watch_again_finds_one_moment(hands: Hands) -> None:
    name, floor = f"w{uuid4().hex[:8]}", hands.floor
    await floor.publish(WATCHED.format(name=name))
    await floor.report(event(f"{name}.started", name))
    async with floor.database.transaction() as session:
        watch = (await session.exec(select(WatchRow).where(WatchRow.rule == name))).one()
    await eventually(lambda: passed(watch.deadline))

    settled = await twice(lambda: hands.watches.settle(StartWatch(watch_id=watch.id, deadline=watch.deadline)))

    async with floor.database.transaction() as session:
        moments = (await session.exec(select(MomentRow).where(MomentRow.rule == name))).all()
    assert [each.deadline for each in settled] == [None] * 3
    assert [moment.at for moment in moments] == [watch.deadline]


async def passed(instant: datetime) -> bool:
    return datetime.now(UTC) > instant


async def test_sweeping_again_starts_nothing_twice(hands: Hands) -> None:
    case = await a_case(hands.floor)
    await case.ask()
    row = await case.in_state(State.OPEN)
    environment = ActivityEnvironment()

    await environment.run(hands.sweeping.sweep)
    await environment.run(hands.sweeping.sweep)

    async with hands.floor.database.transaction() as session:
        owed = select(func.count()).where(OutboxRow.workflow_id == f"escalation-{row.id}")
        assert (await session.exec(owed)).one() == 1


WATCHED = """
rule: {name}
moment: not_finished
detect: {{absence: {{start: [{{type: {name}.started}}], within: 1s}}}}
steps: [{{message: {{template: finish-link}}}}]
expires: 1h
"""
