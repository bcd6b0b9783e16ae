"""Results of rules with a split: each plan's own figures, on the page, as a file, and for one customer."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.splits import Plan
from orchestrator.detection.tables import MomentStatus
from orchestrator.escalations.states import Outcome
from orchestrator.insights.plan_results import PlanResult, RulePlans, plan_results
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue
from tests.integration.planted import NOON, Story
from tests.integration.test_console_results import DAYS
from tests.integration.test_results import PERIOD, a_case

TALKED = {"outcome": Outcome.SOLVED}
ALONE = {"outcome": Outcome.RESOLVED_BY_CUSTOMER}
MISSED = {"outcome": Outcome.UNREACHABLE}


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database) as browser:
        yield browser


async def a_planned_case(session: AsyncSession, number: int, plan: Plan, case: dict[str, Outcome], **more: object) -> Story:
    call = {} if case is TALKED else {"joined_at": None}
    return await a_case(
        session,
        number,
        escalation={**case, "plan": plan},
        moment={"plan": plan, **more},
        attempt=call,
        task={"worth_calling": case is TALKED},
    )


async def some_cases(database: Database) -> None:
    """Plan A: one solved, one not reached. Plan B: two solved, one done alone."""
    async with database.transaction() as session:
        await a_queue(session)
        await a_planned_case(session, 1, Plan.A, TALKED)
        await a_planned_case(session, 2, Plan.A, MISSED)
        await a_planned_case(session, 3, Plan.B, TALKED)
        await a_planned_case(session, 4, Plan.B, TALKED)
        await a_planned_case(session, 5, Plan.B, ALONE)
        await a_planned_case(session, 6, Plan.B, TALKED, status=MomentStatus.WITHDRAWN, verdict="control", escalation_id=None)
        await a_case(session, 7)


def a_result(plan: Plan, moments: int, solved: int) -> PlanResult:
    return PlanResult("r", plan, moments, moments, moments, 0, solved, solved, 0, 0, 0)


async def test_each_plan_has_its_own_figures_and_who_has_none_is_in_no_plan(database: Database) -> None:
    await some_cases(database)

    async with database.transaction() as session:
        found = await plan_results(session, **PERIOD)
        before = await plan_results(session, since=NOON - timedelta(days=9), until=NOON - timedelta(days=8))

    assert before == []
    assert found == [
        PlanResult("angry-customer", Plan.A, 2, 2, 2, 0, 1, 1, 0, 1, 1),
        PlanResult("angry-customer", Plan.B, 3, 3, 3, 0, 2, 2, 1, 2, 1),
    ]
    assert [each.share_settled for each in found] == [0.5, 1.0]


async def test_a_case_that_another_rule_leads_adds_no_calls_to_the_plan(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1, escalation={"rule": "stronger"}, moment={"plan": Plan.B, "verdict": "joined"})

        (found,) = await plan_results(session, **PERIOD)

    assert (found.plan, found.moments, found.reached, found.calls, found.worth) == (Plan.B, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("first", "second", "better"),
    [((100, 50), (100, 70), Plan.B), ((100, 70), (100, 50), Plan.A), ((100, 50), (100, 55), None), ((20, 0), (20, 20), None)],
)
def test_a_plan_is_better_only_where_chance_does_not_explain_it(
    first: tuple[int, int], second: tuple[int, int], better: Plan | None
) -> None:
    assert RulePlans("r", (a_result(Plan.A, *first), a_result(Plan.B, *second))).better is better


async def test_the_page_compares_the_plans_and_the_file_holds_them(supervisor: Browser, database: Database) -> None:
    await some_cases(database)

    shown = (await supervisor.open(f"/console/results?{DAYS}")).text
    file = (await supervisor.open(f"/console/results/plans.csv?{DAYS}")).text

    part = shown[shown.index('id="plans-heading"') : shown.index('id="promises-heading"')]
    assert "Plan A" in part
    assert "Plan B" in part
    assert "Neither plan is better so far" in part
    head, *lines = csv.reader(io.StringIO(file.removeprefix("\ufeff")))
    told = [dict(zip(head, line, strict=True)) for line in lines]
    assert [(line["plan"], line["moments"], line["calls"], line["solved"], line["alone"]) for line in told] == [
        ("a", "2", "2", "1", "0"),
        ("b", "3", "3", "2", "1"),
    ]


async def test_without_a_split_the_page_says_how_to_get_one(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_case(session, 1)

    shown = (await supervisor.open(f"/console/results?{DAYS}")).text

    assert "No rule with two plans found anything in these days" in shown


async def test_the_console_shows_a_customers_plan(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        story = await a_planned_case(session, 1, Plan.B, TALKED)

    shown = (await supervisor.open(f"/console/customers/{story.customer.id}")).text

    assert "Plan B" in shown
    assert "Plan A" not in shown
