"""What would happen at a time for a customer: the command, the API, and what both stand on, on real rows."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import CalendarRow, ClosureRow, SwitchRow
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.escalations.moments import found
from orchestrator.insights.answers.asking import Answered, answer
from orchestrator.intake.tables import CustomerRow, SubjectRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_token, an_agent, bearer, some_settings
from tests.integration.intake_world import World
from tests.integration.test_intake_commands import Run, environment, run

__all__ = ["environment", "run"]

RULE = """rule: moved
moment: moved
detect: {occurrence: {on: [{type: customer.moved}]}}
steps: [{message: {template: finish-link}}, {callback: {queue: sales, due: 8h}}]
expires: 9d
"""
CALENDAR = """calendar: sales-hours
zone: Asia/Jerusalem
weekly: {sun: ["10:00-17:00"], mon: ["10:00-17:00"], tue: ["10:00-17:00"], wed: ["10:00-17:00"], thu: ["10:00-17:00"]}
"""
AT_WORK = "2027-01-12T12:00:00+02:00"  # a Tuesday
AT_NIGHT = "2027-01-12T23:00:00+02:00"


async def a_customer(session: AsyncSession, *, subject: str = "dana", **attributes: Any) -> CustomerRow:
    known = {"zone": "Asia/Jerusalem", "country": "IL", "phone": "+972527654321"} | attributes
    row = CustomerRow(subject=subject, attributes=known, created_at=datetime.now(UTC))
    session.add(row)
    await session.flush()
    session.add(SubjectRow(subject=subject, customer_id=row.id))
    return row


async def a_deployment(database: Database, *rules: str, agents: int = 1, **attributes: Any) -> UUID:
    """A queue with hours and somebody on duty, the rules, and a customer whose id is returned."""
    async with database.transaction() as session:
        session.add(CalendarRow(name="sales-hours", document=CALENDAR, changed_at=datetime.now(UTC)))
        await session.flush()
        await a_queue(session, calendar="sales-hours")
        for _ in range(agents):
            await an_agent(session)
        customer = await a_customer(session, **attributes)
    await World.on(database).publish(*(rules or (RULE,)))
    return customer.id


async def ask(database: Database, database_url: str, customer: UUID, at: str = AT_WORK, rule: str = "moved") -> Answered:
    async with database.transaction() as session:
        return await answer(
            session,
            await session.get_one(CustomerRow, customer),
            rule,
            RuleLibrary(),
            at=datetime.fromisoformat(at).astimezone(UTC),
            now=await database.clock.now(session),
            settings=some_settings(database_url),
        )


def why(known: Answered) -> dict[str, str]:
    return {verdict.gate.value: verdict.why for verdict in known.decision.verdicts}


@pytest.fixture
async def token(database: Database) -> str:
    async with database.transaction() as session:
        return await a_token(session)


async def test_the_command_says_go_or_until_when_the_customer_may_be_called(database: Database, run: Run) -> None:
    customer = await a_deployment(database)

    asked = ("when", "--customer", customer, "--rule", "moved", "--json", "--at")
    now, night = run(*asked, AT_WORK), run(*asked, AT_NIGHT)

    assert json.loads(now.stdout) == {"verdict": "go", "until": None, "reasons": []}
    assert json.loads(night.stdout) == {
        "verdict": "wait",
        "until": "2027-01-13T08:00:00Z",
        "reasons": ["business_hours", "calling_hours"],
    }


async def test_the_command_takes_the_channels_id_and_tells_every_gate_on_the_customers_clock(
    database: Database, run: Run
) -> None:
    await a_deployment(database)

    told = run("when", "--customer", "dana", "--rule", "moved", "--at", AT_NIGHT).stdout.splitlines()
    hebrew = run("when", "--customer", "dana", "--rule", "moved", "--at", AT_NIGHT, "--language", "he").stdout

    assert told[0] == "wait until 2027-01-13T08:00:00Z: business_hours, calling_hours"
    assert "  business_hours closed: The queue is closed until Jan 13, 2027, 10:00:00." in told
    assert "  staffing open: Agents on duty: 1; tasks that wait: 0. (as it stands now)" in told
    assert "התור סגור עד" in hebrew


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--customer", "nobody", "--rule", "moved", "--at", AT_WORK), "--customer"),
        (("--customer", "dana", "--rule", "gone", "--at", AT_WORK), "--rule"),
        (("--customer", "dana", "--at", AT_WORK), "--rule"),
        (("--rule", "moved", "--at", AT_WORK), "--customer"),
        (("--customer", "dana", "--rule", "moved", "--at", "2027-01-12T12:00:00"), "--at"),
        (("--customer", "dana", "--rule", "moved", "--at", AT_WORK, "--margin"), "--margin"),
    ],
)
async def test_the_command_names_the_option_that_does_not_fit(
    database: Database, run: Run, arguments: tuple[str, ...], named: str
) -> None:
    await a_deployment(database)

    done = run("when", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr


async def test_the_api_gives_the_same_answer_with_all_gates_in_both_languages(
    client: httpx.AsyncClient, database: Database, token: str
) -> None:
    customer = await a_deployment(database)

    asked = {"customer": str(customer), "rule": "moved", "at": AT_NIGHT, "zone": "Asia/Jerusalem"}
    told = (await client.get("/v1/availability", params=asked, headers=bearer(token))).json()
    gates = {gate["gate"]: gate for gate in told["gates"]}

    assert (told["verdict"], told["until"]) == ("wait", "2027-01-13T08:00:00Z")
    assert told["reasons"] == ["business_hours", "calling_hours"]
    assert (told["medium"], told["queue"], told["rule_state"]) == ("voice_person", "sales", "published")
    assert gates["business_hours"]["sentences"]["en"] == "The queue is closed until Jan 13, 2027, 10:00:00."
    assert gates["business_hours"]["sentences"]["he"].startswith("התור סגור עד")
    assert gates["business_hours"]["figures"]["until"] == "2027-01-13T08:00:00Z"
    assert [gate for gate in gates if gates[gate]["as_of_now"]] == ["staffing", "budget", "kill_switch"]


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"customer": "nobody", "rule": "moved"}, 404, None),
        ({"customer": "dana"}, 422, "rule"),
        ({"rule": "moved"}, 422, "customer"),
        ({"customer": "dana", "rule": "gone"}, 422, "rule"),
        ({"customer": "dana", "rule": "moved", "at": "2027-01-12T12:00:00"}, 422, "at"),
        ({"customer": "dana", "rule": "moved", "at": "9999-12-31T23:00:00-05:00"}, 422, "at"),
        ({"customer": "dana", "rule": "moved", "zone": "Mars/Base"}, 422, "zone"),
    ],
)
async def test_the_api_names_the_parameter_that_does_not_fit(
    client: httpx.AsyncClient, database: Database, token: str, asked: dict[str, str], status: int, field: str | None
) -> None:
    await a_deployment(database)

    told = await client.get("/v1/availability", params=asked, headers=bearer(token))

    assert (told.status_code, told.json().get("field")) == (status, field)
    assert "nobody" not in told.text
    assert "dana" not in told.text


async def test_only_supervisors_may_ask(client: httpx.AsyncClient, database: Database) -> None:
    await a_deployment(database)

    assert (await client.get("/v1/availability", params={"customer": "dana", "rule": "moved"})).status_code == 401


async def test_what_stands_against_the_customer_refuses_at_any_time(database: Database, database_url: str) -> None:
    customer = await a_deployment(database, do_not_call=True)

    known = await ask(database, database_url, customer)

    assert (known.summary.answer, known.summary.reasons) == ("refuse", ("do_not_call",))


async def test_the_rules_own_gates_are_asked_too(database: Database, database_url: str) -> None:
    held = RULE.replace("rule: moved", "rule: held") + "holdout: 100%\n"
    cheap = RULE.replace("rule: moved", "rule: cheap") + "worth: {value: 10, chance: 0.5, call_cost: 6}\n"
    told = RULE.replace("rule: moved", "rule: told") + "worth: {value: event.data.sum, chance: 0.5, call_cost: 6}\n"
    customer = await a_deployment(database, held, cheap, told)

    answers = {rule: await ask(database, database_url, customer, rule=rule) for rule in ("held", "cheap", "told")}

    assert [answers[rule].summary.reasons for rule in ("held", "cheap")] == [("holdout",), ("worth",)]
    assert why(answers["told"])["worth"] == "worth_by_event"
    assert answers["told"].summary.answer == "go"


async def test_a_pause_of_the_rule_counts_from_its_last_case_before_that_time(database: Database, database_url: str) -> None:
    customer = await a_deployment(database, RULE + "cooldown: 30d\n")
    await a_moment(database, customer, at=datetime(2027, 1, 10, 9, tzinfo=UTC), status=MomentStatus.RESOLVED)

    answers = [await ask(database, database_url, customer, at) for at in (AT_WORK, "2027-01-05T12:00:00+02:00")]

    assert [known.summary.reasons for known in answers] == [("cooldown",), ()]


async def test_while_a_case_stands_it_is_the_one_asked_about(database: Database, database_url: str) -> None:
    customer = await a_deployment(database)
    begun = datetime(2027, 1, 11, 9, tzinfo=UTC)
    await a_moment(database, customer, at=begun, opens=True)

    during, after = [await ask(database, database_url, customer, at) for at in (AT_WORK, "2027-01-26T12:00:00+02:00")]

    assert during.case is not None
    assert during.situation.expires_at == begun + timedelta(days=9)
    assert (after.case, after.summary.answer) == (None, "go")


async def test_what_holds_now_is_told_as_of_now_for_another_time(database: Database, database_url: str) -> None:
    customer = await a_deployment(database, agents=0)
    async with database.transaction() as session:
        now = await database.clock.now(session)
        session.add(SwitchRow(scope=SwitchScope.RULE, target="moved", reason="r", author="a", thrown_at=now))

        session.add(ClosureRow(calendar="sales-hours", starts_at=now, reason="fire", author="dana"))

    then = await ask(database, database_url, customer)
    at_once = await ask(database, database_url, customer, now.isoformat())

    assert {"business_hours", "staffing", "kill_switch"} == set(then.summary.reasons)
    assert then.as_of_now >= {"business_hours", "staffing", "kill_switch"}
    assert at_once.as_of_now == frozenset()


async def a_moment(
    database: Database,
    customer: UUID,
    *,
    at: datetime,
    status: MomentStatus = MomentStatus.LIVE,
    opens: bool = False,
) -> None:
    async with database.transaction() as session:
        row = MomentRow(
            rule="moved",
            version=1,
            mode=Mode.LIVE,
            customer_id=customer,
            key=uuid4().hex,
            at=at,
            found_at=at,
            moment="moved",
            stage="service",
            purpose="service",
            priority=50,
            verdict="escalate",
            status=status,
            expires_at=at + timedelta(days=9),
        )
        session.add(row)
        await session.flush()
        if opens:
            await found(session, await session.get_one(CustomerRow, customer), [row], now=at)
