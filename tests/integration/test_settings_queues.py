"""Queues on the console's settings: what is shown, changed, refused and removed."""

from collections.abc import AsyncIterator

import pytest
from sqlmodel import col, select

from orchestrator.availability.tables import CalendarRow
from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow
from orchestrator.queueing.tables import QueueRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, a_task, an_agent
from tests.integration.intake_world import publish_rules

QUEUES = "/console/settings/queues"
CALENDAR = 'calendar: weekdays\nzone: UTC\nweekly: {mon: ["09:00-17:00"]}\n'


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with database.transaction() as session:
        session.add(CalendarRow(name="weekdays", document=CALENDAR, changed_at=await database.clock.now(session)))
    async with a_browser(database_url, database) as browser:
        yield browser


async def queue_named(database: Database, name: str) -> QueueRow | None:
    async with database.transaction() as session:
        return await session.get(QueueRow, name)


async def last_change(database: Database) -> ChangeRow:
    async with database.transaction() as session:
        return (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id).desc()).limit(1))).one()


async def test_a_queue_is_listed_with_what_it_keeps_to(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales", skills=["billing"], calendar="weekdays", pace_per_minute=7)
        await a_task(session, queue="sales")

    shown = (await supervisor.open(QUEUES)).text

    assert 'href="/console/settings/queues/sales"' in shown
    for text in ("weekdays", "billing", '<td class="number">7</td>', '<td class="number">1</td>'):
        assert text in shown


async def test_a_queue_is_added_and_the_audit_says_by_whom(supervisor: Browser, database: Database) -> None:
    fields = {"name": "service", "calendar": "weekdays", "skills": "billing, he", "caller_id": "+1 415-555-0100", "pace": "12"}

    answer = await supervisor.send(QUEUES, **fields)

    queue = await queue_named(database, "service")
    assert (answer.status_code, answer.headers["location"]) == (303, QUEUES)
    assert queue is not None
    assert (queue.calendar, queue.skills, queue.caller_id, queue.pace_per_minute) == (
        "weekdays",
        ["billing", "he"],
        "+14155550100",
        12,
    )
    change = await last_change(database)
    assert (change.who, change.what, change.subject, change.before) == (
        supervisor.viewer.login,
        "queue.added",
        "service",
        None,
    )


async def test_a_queue_is_arranged_anew_and_the_audit_has_both(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales", skills=["billing"], pace_per_minute=7)

    await supervisor.send(f"{QUEUES}/sales", skills="", pace="", calendar="weekdays", percent="90", begun="10m")

    change = await last_change(database)
    assert change.what == "queue.changed"
    before, after = change.before or {}, change.after or {}
    assert (before["calendar"], before["skills"], before["pace_per_minute"]) == (None, ["billing"], 7)
    assert (after["calendar"], after["skills"], after["pace_per_minute"]) == ("weekdays", [], None)
    assert [(told["service_percent"], told["service_within"]) for told in (before, after)] == [(None, None), (90, "10m")]


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "no such name", "f-name-fault"),
        ("name", "sales", "There is a queue of this name"),
        ("name", "\0", "f-name-fault"),
        ("calendar", "weekends", "f-calendar-fault"),
        ("calendar", "\0", "f-calendar-fault"),
        ("skills", "x" * 65, "f-skills-fault"),
        ("caller_id", "0501234567", "f-caller_id-fault"),
        ("percent", "100", "f-percent-fault"),
        ("percent", "most", "f-percent-fault"),
        ("begun", "soon", "f-begun-fault"),
        ("pace", "0", "f-pace-fault"),
        ("pace", "-3", "f-pace-fault"),
        ("pace", "soon", "f-pace-fault"),
        ("pace", "9" * 400, "f-pace-fault"),
    ],
)
async def test_a_bad_value_is_told_beside_its_field_and_all_that_was_typed_stays(
    supervisor: Browser, database: Database, field: str, typed: str, told: str
) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales")
    fields = {"name": "service", "skills": "typed-skill", "caller_id": "+14155550111", "pace": "3"}

    answer = await supervisor.send(QUEUES, **fields | {field: typed})

    assert answer.status_code == 422
    assert told in answer.text
    kept = [value for name, value in fields.items() if name != field]
    assert [value for value in kept if f'value="{value}"' not in answer.text] == []
    assert await queue_named(database, "service") is None


async def test_a_bad_value_for_a_queue_that_is_there_changes_nothing(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales", pace_per_minute=7)

    answer = await supervisor.send(f"{QUEUES}/sales", pace="0", skills="billing")

    queue = await queue_named(database, "sales")
    assert answer.status_code == 422
    assert 'value="billing"' in answer.text
    assert queue is not None
    assert (queue.pace_per_minute, queue.skills) == (7, [])


async def test_a_queue_that_nothing_stands_on_is_removed_once_that_is_confirmed(
    supervisor: Browser, database: Database
) -> None:
    async with database.transaction() as session:
        await a_queue(session, "mistake", skills=["billing"])

    asked = await supervisor.send(f"{QUEUES}/mistake/removal")
    there = await queue_named(database, "mistake")
    answer = await supervisor.send(f"{QUEUES}/mistake/removal", confirmed="yes")

    assert "Remove this queue?" in asked.text
    assert there is not None
    assert answer.status_code == 303
    assert await queue_named(database, "mistake") is None
    change = await last_change(database)
    assert (change.what, change.subject, change.after) == ("queue.removed", "mistake", None)
    assert change.before is not None
    assert change.before["skills"] == ["billing"]


RULE = """
rule: cart-left
title: {en: Cart left}
moment: incomplete_checkout
purpose: service
detect: {occurrence: {on: [{type: checkout.abandoned}]}}
steps: [{callback: {queue: sales, due: 30m}}]
expires: 24h
"""


async def test_a_queue_says_what_its_agents_choose_from_after_a_talk(supervisor: Browser, database: Database) -> None:
    chosen = ["solved/sold", "not_solved/system_failed", "declined/too_expensive"]

    lacking = await supervisor.send(QUEUES, name="offers", outcome=chosen[:2])
    made = await supervisor.send(QUEUES, name="offers", outcome=chosen)
    unknown = await supervisor.send(f"{QUEUES}/offers", outcome=["solved/by_magic"])

    assert (lacking.status_code, made.status_code, unknown.status_code) == (422, 303, 422)
    assert "Tick at least one of solved" in lacking.text
    assert 'value="solved/sold" checked' in lacking.text
    queue = await queue_named(database, "offers")
    assert queue is not None
    assert queue.outcomes == chosen


async def test_a_queue_in_use_stays_and_the_page_says_by_what(supervisor: Browser, database: Database) -> None:
    await publish_rules(database, RULE)
    async with database.transaction() as session:
        await a_queue(session, "sales")
        await an_agent(session, "dana")
        await a_task(session, queue="sales")
        over = await a_task(session, queue="sales")
        over.state = TaskState.DONE
        session.add(over)

    answer = await supervisor.send(f"{QUEUES}/sales/removal", confirmed="yes")

    assert answer.status_code == 409
    for text in ("cart-left", "dana", "Cases are open", "Tasks of the past"):
        assert text in answer.text
    assert await queue_named(database, "sales") is not None


async def test_a_queue_that_is_not_there_is_not_found(supervisor: Browser) -> None:
    assert (await supervisor.open(f"{QUEUES}/nowhere")).status_code == 404
    assert (await supervisor.open(f"{QUEUES}/%00")).status_code == 404
    assert (await supervisor.send(f"{QUEUES}/nowhere", pace="3")).status_code == 404


@pytest.mark.parametrize("role", [Role.AUDITOR])
async def test_queues_are_for_supervisors(database_url: str, database: Database, role: Role) -> None:
    async with a_browser(database_url, database, role=role) as browser:
        assert (await browser.open(QUEUES)).status_code == 403
        assert (await browser.send(QUEUES, name="service")).status_code == 403
    assert await queue_named(database, "service") is None
