"""What the desk adds to a task in hand: finer results, help, a link, a never-call, the end of the agent's own leg."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing import assisting, working
from orchestrator.queueing.leases import WrongState
from orchestrator.queueing.progress import Progress, calls_of, progress_of
from orchestrator.queueing.rescheduling import reschedule
from orchestrator.queueing.slots import allowed_times
from orchestrator.queueing.tables import AgentRow, TaskRow, TaskState
from orchestrator.queueing.working import Hold
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg, MessageRow
from tests.integration.floor import a_queue, a_task, an_agent, reread, some_settings
from tests.integration.test_why_card import an_event


@pytest.fixture
def settings(database_url: str) -> Settings:
    return some_settings(database_url).changed(twilio_from_numbers=("+14155550100",))


async def test_a_task_is_completed_with_why_and_whether_it_was_worth_a_call(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings)

    async with database.transaction() as session:
        await working.complete(
            session,
            hold,
            disposition="solved",
            sub_disposition="put_right",
            worth_calling=True,
            notes="Paid.",
            clock=database.clock,
            settings=settings,
        )

    done = await reread(database, hold.task_id)
    assert (done.state, done.sub_disposition, done.worth_calling) == (TaskState.DONE, "put_right", True)


async def test_a_sub_disposition_of_another_disposition_is_refused(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings)

    with pytest.raises(BadInput) as refused:
        async with database.transaction() as session:
            await working.complete(
                session,
                hold,
                disposition="solved",
                sub_disposition="rang_out",
                notes=None,
                clock=database.clock,
                settings=settings,
            )

    assert refused.value.field == "sub_disposition"


async def test_asking_for_help_twice_keeps_the_first_time(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings)

    async with database.transaction() as session:
        first = (await assisting.ask_for_help(session, hold, clock=database.clock)).help_asked_at
    async with database.transaction() as session:
        await assisting.ask_for_help(session, hold, clock=database.clock)

    assert first is not None
    assert (await reread(database, hold.task_id)).help_asked_at == first


async def test_a_link_is_written_once_however_often_it_is_asked_for(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings, zone=noon_somewhere())

    for _ in range(2):
        async with database.transaction() as session:
            await assisting.send_link(session, hold, clock=database.clock, settings=settings)

    async with database.transaction() as session:
        messages = (await session.exec(select(MessageRow))).all()
    assert [message.template for message in messages] == ["finish-link"]


async def test_the_link_leads_where_the_channel_said_last(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings, zone=noon_somewhere())
    async with database.transaction() as session:
        task = await session.get_one(TaskRow, hold.task_id)
        data = {"resume_url": "https://shop.example/cart/c-1042?go=on"}
        await an_event(session, task, "checkout.updated", source="web", data=data)
        await an_event(session, task, "checkout.updated", source="web", data={"resume_url": "javascript:alert(1)"})

    async with database.transaction() as session:
        sent = await assisting.send_link(session, hold, clock=database.clock, settings=settings)

    assert sent.body.endswith(" https://shop.example/cart/c-1042?go=on")


async def test_who_asks_for_the_link_in_the_call_gets_it_at_any_hour(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings, zone=midnight_somewhere())
    with pytest.raises(assisting.LinkNotSent):
        async with database.transaction() as session:
            await assisting.send_link(session, hold, clock=database.clock, settings=settings)
    await talking(database, hold)

    async with database.transaction() as session:
        sent = await assisting.send_link(session, hold, clock=database.clock, settings=settings)

    assert sent.template == "finish-link"


async def test_no_link_goes_to_a_customer_who_refused_messages(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings, zone=noon_somewhere(), consent={"sms": False})

    with pytest.raises(assisting.LinkNotSent):
        async with database.transaction() as session:
            await assisting.send_link(session, hold, clock=database.clock, settings=settings)


async def test_never_call_ends_the_case_and_is_kept_for_the_customer(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings)

    async with database.transaction() as session:
        await assisting.never_call(session, hold, clock=database.clock, settings=settings)

    async with database.transaction() as session:
        customer = (await session.exec(select(CustomerRow))).one()
        escalation = (await session.exec(select(EscalationRow))).one()
    assert customer.attributes["do_not_call"] is True
    assert escalation.outcome is Outcome.OPTED_OUT


async def test_a_never_call_said_twice_is_one_change(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings)
    await talking(database, hold)

    for _ in range(2):
        async with database.transaction() as session:
            await assisting.never_call(session, hold, clock=database.clock, settings=settings)

    async with database.transaction() as session:
        changes = (await session.exec(select(ChangeRow.what))).all()
    assert list(changes) == ["customer.opted_out"]


async def test_hanging_up_asks_for_the_end_of_the_agents_own_leg_and_hints(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings)
    await talking(database, hold)

    async with database.transaction() as session:
        await assisting.hang_up(session, hold, clock=database.clock, settings=settings)

    async with database.transaction() as session:
        legs = {row.leg: row.cancel_requested_at for row in (await session.exec(select(AttemptRow))).all()}
        hints = (await session.exec(select(OutboxRow).where(OutboxRow.topic == "hint_escalation"))).all()
        task = await reread(database, hold.task_id)
        assert progress_of(task, await calls_of(session, task)) is Progress.HANGING_UP
    assert legs[Leg.AGENT] is not None
    assert legs[Leg.CUSTOMER] is None
    assert hints


async def test_hanging_up_before_the_phone_rang_leaves_the_task_ready(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings)
    async with database.transaction() as session:
        await working.call(session, hold, clock=database.clock, settings=settings)
        session.add(await a_leg(session, hold, Leg.AGENT, AttemptState.PREPARED))

    async with database.transaction() as session:
        task = await assisting.hang_up(session, hold, clock=database.clock, settings=settings)
        assert progress_of(task, await calls_of(session, task)) is Progress.READY

    async with database.transaction() as session:
        assert (await session.exec(select(AttemptRow.ending))).one() is Ending.CANCELED


async def test_nobody_hangs_up_an_offer(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings, accepted=False)

    with pytest.raises(WrongState):
        async with database.transaction() as session:
            await assisting.hang_up(session, hold, clock=database.clock, settings=settings)


async def test_every_time_that_is_offered_can_be_taken(database: Database, settings: Settings) -> None:
    hold = await in_hand(database, settings, zone="Asia/Jerusalem", country="IL")

    async with database.transaction() as session:
        task = await reread(database, hold.task_id)
        now = await database.clock.now(session)
        times = await allowed_times(session, task, now=now, settings=settings)

    assert times
    assert all(now < each < now + timedelta(days=7) and str(each.tzinfo) == "Asia/Jerusalem" for each in times)
    async with database.transaction() as session:
        taken = await reschedule(session, hold, at=times[-1], clock=database.clock, settings=settings)
    assert taken.not_before == times[-1]


async def in_hand(database: Database, settings: Settings, *, accepted: bool = True, **attributes: object) -> Hold:
    """A task that an agent has accepted, or is offered."""
    async with database.transaction() as session:
        await a_queue(session)
        agent: AgentRow = await an_agent(session)
        task = await a_task(session)
        customer = await session.get(CustomerRow, task.customer_id)
        assert customer is not None
        customer.attributes = {**customer.attributes, **attributes}
        task.state, task.agent_id, task.fence = TaskState.RESERVED, agent.id, 1
        task.lease_until = datetime.now(UTC) + timedelta(seconds=20)
        session.add_all([task, customer])
    hold = Hold(task_id=task.id, agent_id=agent.id, fence=1)
    if accepted:
        async with database.transaction() as session:
            await working.accept(session, hold, clock=database.clock, settings=settings)
    return hold


def noon_somewhere() -> str:
    """A zone in which it is about noon."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


def midnight_somewhere() -> str:
    """A zone in which it is about midnight."""
    hour = datetime.now(UTC).hour
    ahead = 24 - hour if hour >= 12 else -hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


async def talking(database: Database, hold: Hold) -> None:
    async with database.transaction() as session:
        task = await session.get_one(TaskRow, hold.task_id)
        task.state = TaskState.CONNECTED
        session.add(task)
        for leg in Leg:
            session.add(await a_leg(session, hold, leg, AttemptState.CONNECTED))


async def a_leg(session: AsyncSession, hold: Hold, leg: Leg, state: AttemptState) -> AttemptRow:
    task = await session.get_one(TaskRow, hold.task_id)
    now = datetime.now(UTC)
    return AttemptRow(
        token=uuid4().hex,
        request=uuid4().hex,
        escalation_id=task.escalation_id,
        customer_id=task.customer_id,
        task_id=task.id,
        agent_id=hold.agent_id,
        rule="incomplete-checkout",
        leg=leg,
        flow="agent_first",
        medium="voice_person",
        step=0,
        language="en",
        to_number="+14155550123" if leg is Leg.CUSTOMER else "+14155550100",
        from_number="+14155550199",
        state=state,
        joined_at=now if state is AttemptState.CONNECTED else None,
        prepared_at=now,
    )
