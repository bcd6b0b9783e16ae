"""Two rules find a moment of one customer: one case, one task, one ring, and both reasons told to whoever calls or asks."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from orchestrator.detection.tables import MomentStatus
from orchestrator.escalations.instructions import Closed
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.words import Language
from orchestrator.insights.explain import figures
from orchestrator.insights.explain.explaining import explain
from orchestrator.insights.why_card import Reader, WhyCard, why_card
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.queueing.working import Hold
from orchestrator.storage.database import Database
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import AttemptRow, Leg
from tests.integration import escalation_world, intake_world
from tests.integration.console_floor import a_browser
from tests.integration.intake_world import ago, an_event
from tests.integration.test_escalation_races import awake_zone

RULE = """
rule: {name}
title: {{en: {title}}}
moment: {moment}
priority: {priority}
detect: {{occurrence: {{on: [{{type: {name}.found}}]}}}}
resolve: [{{type: {name}.settled}}]
steps: [{{callback: {{queue: {queue}, script: {name}-words}}}}]
expires: 24h
"""
RINGS_AND_ANSWERS = (CallStatus.RINGING, CallStatus.IN_PROGRESS)
UTC = ZoneInfo("UTC")


class World:
    """Intake and the processes of its cases on one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.intake = intake_world.World.on(database)
        self.floor = escalation_world.World(database, escalation_world.RealClock())

    async def begin(self, *, slow: int, urgent: int) -> None:
        """Two rules of these priorities, an agent for either's queue, and a customer who may be called now."""
        await self.intake.publish(
            RULE.format(name="slow", title="Slow delivery", moment="slow", priority=slow, queue="sales"),
            RULE.format(name="urgent", title="Urgent fault", moment="urgent", priority=urgent, queue="service"),
        )
        await self.floor.floor(queue="sales")
        await self.floor.floor(queue="service")
        known = {"phone": "+972527654321", "zone": awake_zone(), "language": "en", "name": "Noa Levi"}
        await self.intake.send(an_event("customer.updated", at=ago(minutes=30), data=known))

    async def report(self, type: str, *, at: datetime | None = None) -> EscalationRow:
        """Take an event in and let the customer's case go on until it waits."""
        await self.intake.send(an_event(type, id=type, at=at))
        (case,) = await self.intake.escalations()
        await self.floor.run(case.id)
        return await self.floor.reread(case.id)

    async def waiting(self, case: EscalationRow) -> TaskRow:
        (task,) = [each for each in await self.floor.tasks(case.id) if each.state is TaskState.RESERVED]
        return task

    async def card(self, case: EscalationRow) -> WhyCard:
        task = await self.waiting(case)
        async with self.database.transaction() as session:
            now = await self.database.clock.now(session)
            return await why_card(session, task, Reader("Dana", Language.ENGLISH), rules=self.intake.library, now=now)

    async def answers(self) -> dict[str, list[str]]:
        """What each rule has to say to "why?"."""
        async with self.database.transaction() as session:
            now = await self.database.clock.now(session)
            customer = await session.get_one(CustomerRow, (await self.intake.customer()).id)
            asked = await explain(session, customer, self.intake.library, at=now)
        reader = figures.Reader(Language.ENGLISH, UTC)
        return {each.then.rule.name: [reason.read(reader) for reason in each.reasons] for each in asked}

    async def rung(self, case_id: UUID) -> list[AttemptRow]:
        return await self.floor.attempts(case_id, Leg.CUSTOMER)

    async def ring(self, case: EscalationRow) -> tuple[Hold, AttemptRow, AttemptRow]:
        """Let the agent who has the task ring the customer; return by what they hold it, and both legs."""
        hold = await self.floor.accept(case.id)
        await self.floor.ask_for_call(hold)
        await self.floor.run(case.id)
        agent = (await self.floor.attempts(case.id, Leg.AGENT))[-1]
        await self.floor.reports(agent, *RINGS_AND_ANSWERS)
        await self.floor.run(case.id)
        return hold, agent, (await self.rung(case.id))[-1]


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


async def test_one_case_one_task_and_one_ring_speak_about_both(world: World) -> None:
    await world.begin(slow=20, urgent=80)
    await world.report("slow.found")
    case = await world.report("urgent.found")

    first, second = await world.floor.tasks(case.id)
    hold, agent, customer = await world.ring(case)
    await world.floor.reports(customer, *RINGS_AND_ANSWERS)
    await world.floor.join(agent, customer)
    await world.floor.reports(customer, CallStatus.COMPLETED)
    await world.floor.reports(agent, CallStatus.COMPLETED)
    await world.floor.complete(hold, "solved")
    closed = await world.floor.run(case.id)

    moments = await world.intake.moments()
    assert {(each.rule, each.verdict, each.escalation_id) for each in moments} == {
        ("slow", "escalate", case.id),
        ("urgent", "joined", case.id),
    }
    assert (first.queue, first.state, first.end_reason) == ("sales", TaskState.WITHDRAWN, "replanned")
    assert (second.queue, second.script, second.priority) == ("service", "urgent-words", 80)
    assert closed == Closed(Outcome.SOLVED)
    assert len(await world.rung(case.id)) == 1
    assert {each.status for each in moments} == {MomentStatus.ENDED}


@pytest.mark.parametrize("order", [("slow.found", "urgent.found"), ("urgent.found", "slow.found")])
async def test_the_higher_priority_leads_whichever_was_found_first(world: World, order: tuple[str, str]) -> None:
    await world.begin(slow=20, urgent=80)

    await world.report(order[0])
    case = await world.report(order[1])

    task = await world.waiting(case)
    assert (case.rule, case.priority, task.queue, task.script) == ("urgent", 80, "service", "urgent-words")


async def test_the_card_the_customers_page_and_the_answer_to_why_tell_both(world: World, database_url: str) -> None:
    await world.begin(slow=20, urgent=80)
    await world.report("slow.found")
    case = await world.report("urgent.found")

    card, why = await world.card(case), await world.answers()
    async with a_browser(database_url, world.database) as browser:
        page = (await browser.open(f"/console/customers/{case.customer_id}")).text

    assert card.why.startswith("Urgent fault: ")
    assert [other.title for other in card.others] == ["Slow delivery"]
    assert [(sign.what, sign.counted) for sign in card.evidence if "found" in sign.what] == [
        ("urgent.found", True),
        ("slow.found", True),
    ]
    assert "It opened a case." in why["slow"]
    assert any(each.startswith("It joined the case") and "“Slow delivery”" in each for each in why["urgent"])
    assert all(each in page for each in ("Slow delivery", "Urgent fault", "slow.found", "urgent.found"))


async def test_when_the_leading_reason_settles_itself_the_case_goes_on_for_the_other_by_its_plan(world: World) -> None:
    await world.begin(slow=20, urgent=80)
    await world.report("slow.found")
    await world.report("urgent.found")

    case = await world.report("urgent.settled")

    task, card = await world.waiting(case), await world.card(case)
    assert (case.rule, case.priority, task.queue, task.script) == ("slow", 20, "sales", "slow-words")
    assert (card.why.startswith("Slow delivery: "), card.others) == (True, ())
    _, _, customer = await world.ring(case)
    assert [each.id for each in await world.rung(case.id)] == [customer.id]
    assert customer.rule == "slow"


async def test_when_the_other_reason_settles_itself_nothing_changes_for_who_has_the_task(world: World) -> None:
    await world.begin(slow=20, urgent=80)
    await world.report("slow.found")
    case = await world.report("urgent.found")
    before = await world.waiting(case)

    case = await world.report("slow.settled")

    assert ((await world.waiting(case)).id, case.rule) == (before.id, "urgent")
    assert (await world.card(case)).others == ()


async def test_a_reason_that_settles_itself_while_the_agent_calls_is_no_second_call(world: World) -> None:
    await world.begin(slow=20, urgent=80)
    await world.report("slow.found")
    case = await world.report("urgent.found")
    hold, agent, customer = await world.ring(case)
    await world.floor.reports(customer, *RINGS_AND_ANSWERS)
    await world.floor.join(agent, customer)

    talking = await world.report("urgent.settled")
    await world.floor.reports(customer, CallStatus.COMPLETED)
    await world.floor.reports(agent, CallStatus.COMPLETED)
    await world.floor.complete(hold, "solved")

    assert talking.state is State.CONNECTED
    assert await world.floor.run(case.id) == Closed(Outcome.SOLVED)
    assert len(await world.rung(case.id)) == 1


async def test_of_equal_priority_the_older_leads_though_it_is_heard_of_later(world: World) -> None:
    await world.begin(slow=50, urgent=50)
    first = await world.report("urgent.found", at=ago(seconds=20))

    case = await world.report("slow.found", at=ago(seconds=40))

    assert (first.rule, case.rule) == ("urgent", "slow")


async def test_of_equal_priority_at_one_instant_the_rules_name_decides(world: World) -> None:
    await world.begin(slow=50, urgent=50)
    at = ago(seconds=20)
    await world.report("urgent.found", at=at)

    case = await world.report("slow.found", at=at)

    assert case.rule == "slow"
