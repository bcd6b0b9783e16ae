"""Two plans of a rule, live: each customer's is kept with their moments and cases, and is the one that is followed."""

from sqlmodel import col, select

from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.splits import Plan, plan_for
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskKind
from orchestrator.storage.database import Database
from tests.integration import intake_world
from tests.integration.escalation_world import World
from tests.integration.intake_world import an_event

SPLIT = "split: {share: 50%, steps: [{message: {template: finish-link}}, {callback: {queue: care}}]}\n"
COMPLAINT = f"{intake_world.COMPLAINT}{SPLIT}"


async def test_moments_and_cases_keep_the_plan_of_their_customer(database: Database) -> None:
    world = intake_world.World.on(database)
    await world.publish(COMPLAINT)
    subjects = [f"customer-{number}" for number in range(24)]

    await world.send(*(an_event(subject=subject) for subject in subjects))
    await world.send(*(an_event(subject=subject) for subject in subjects))  # each joins the customer's case

    rule = read_rule(COMPLAINT.encode(), name="r").document
    expected = {subject: plan_for(rule, subject) for subject in subjects}
    assert set(expected.values()) == {Plan.A, Plan.B}
    async with database.transaction() as session:
        kept = (await session.exec(select(CustomerRow.subject, MomentRow.plan).join(MomentRow))).all()
        cases = (await session.exec(select(CustomerRow.subject, EscalationRow.plan).join(EscalationRow))).all()
    assert sorted(kept) == sorted([*expected.items()] * 2)
    assert dict(cases) == expected
    assert len(cases) == len(subjects)


async def test_a_rule_with_one_plan_names_none(database: Database) -> None:
    world = intake_world.World.on(database)
    await world.publish(intake_world.COMPLAINT)

    await world.send(an_event())

    async with database.transaction() as session:
        assert (await session.exec(select(MomentRow.plan))).all() == [None]
        assert (await session.exec(select(EscalationRow.plan))).all() == [None]


async def test_each_plan_is_followed(world: World) -> None:
    await world.rule(more=SPLIT)
    await world.floor()
    await world.floor(queue="care")
    first, second = await world.customer(), await world.customer(phone="+972527654322")
    await world.moment(first, plan=Plan.A)
    await world.moment(second, plan=Plan.B)
    cases = [await world.escalation(customer) for customer in (first, second)]

    for case in cases:
        await world.run(case.id)

    assert [len(await world.messages(case.id)) for case in cases] == [0, 1]
    tasks = [(await world.tasks(case.id))[0] for case in cases]
    assert [(task.queue, task.step, task.kind) for task in tasks] == [
        ("sales", 0, TaskKind.CALLBACK),
        ("care", 1, TaskKind.CALLBACK),
    ]


async def test_a_moment_of_another_rule_that_joins_leaves_the_case_its_plan(world: World) -> None:
    await world.rule(more=SPLIT)
    await world.rule("weaker", priority=10, more=SPLIT)
    await world.floor()
    customer = await world.customer()
    await world.moment(customer, plan=Plan.B)

    joined = await world.moment(customer, "weaker", priority=10, plan=Plan.A, verdict="joined")

    case = await world.escalation(customer)
    assert joined.escalation_id == case.id
    assert (case.rule, case.plan) == ("angry", Plan.B)


async def test_a_case_takes_the_plan_of_the_rule_that_leads_it(world: World) -> None:
    await world.rule(more=SPLIT)
    await world.rule("stronger", priority=90)
    await world.floor()
    customer = await world.customer()
    weak = await world.moment(customer, plan=Plan.B)
    strong = await world.moment(customer, "stronger", priority=90, verdict="joined")
    led = await world.escalation(customer)

    await world.resolve(strong)

    back = await world.escalation(customer)
    assert (led.rule, led.plan) == ("stronger", None)
    assert (back.rule, back.plan, back.state) == ("angry", Plan.B, State.OPEN)
    async with world.database.transaction() as session:
        query = select(MomentRow.plan).where(col(MomentRow.id) == weak.id)
        assert (await session.exec(query)).one() is Plan.B
