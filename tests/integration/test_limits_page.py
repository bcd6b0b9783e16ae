"""The page of limits: what holds, what is used, what the law says; saved as a form, refused field by field."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select

from orchestrator.availability.limits import CapRule, LimitsDocument, as_values
from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow
from orchestrator.queueing.limits import limits_in_force, save_limits
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, some_settings

LIMITS = "/console/availability/limits"
CAP = {"caps-0-limit": "3", "caps-0-within": "36h"}
BUDGET = {"budgets-0-limit": "100", "budgets-0-kind": "calls", "budgets-0-per": "hour"}


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with database.transaction() as session:
        await a_queue(session, "sales")
    async with a_browser(database_url, database) as browser:
        yield browser


async def in_force(database: Database) -> LimitsDocument:
    async with database.transaction() as session:
        return (await limits_in_force(session, some_settings("postgresql://nowhere/x"))).document


async def save(database: Database, document: str) -> None:
    async with database.transaction() as session:
        settings = some_settings("postgresql://nowhere/x")
        await save_limits(session, document.encode(), seen="*", who="test", now=datetime.now(UTC), settings=settings)


async def test_the_form_saves_caps_budgets_and_costs_and_the_audit_says_by_whom(
    supervisor: Browser, database: Database
) -> None:
    narrow = {"caps-0-media": "sms", "caps-0-per": "number", "caps-0-subject": "same"}
    money = {"budgets-1-limit": "250.5", "budgets-1-kind": "money", "budgets-1-per": "day", "budgets-1-of": "queue:sales"}
    costs = {"costs-call": "0.4", "costs-message": "0.06", "costs-currency": "EUR"}

    answer = await supervisor.send(LIMITS, seen='"0"', **CAP, **narrow, **BUDGET, **money, **costs)

    assert (answer.status_code, answer.headers["location"]) == (303, LIMITS)
    assert as_values(await in_force(database)) == {
        "caps": [{"limit": 3, "within": "36h", "per": "number", "subject": "same", "media": ["sms"]}],
        "budgets": [
            {"kind": "calls", "limit": 100.0, "per": "hour"},
            {"kind": "money", "limit": 250.5, "per": "day", "queue": "sales"},
        ],
        "costs": {"call": 0.4, "message": 0.06, "currency": "EUR"},
    }
    async with database.transaction() as session:
        change = (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id).desc()).limit(1))).one()
    assert (change.what, change.who) == ("limits.saved", supervisor.viewer.login)


async def test_what_is_saved_stands_in_the_form_again(supervisor: Browser, database: Database) -> None:
    await save(
        database, "caps: [{limit: 7, within: 7d, media: [voice_person, sms]}]\nbudgets: [{kind: calls, limit: 9, per: day}]"
    )

    shown = (await supervisor.open(LIMITS)).text

    assert 'value="7" id="f-caps-0-limit"' in shown
    assert '<option value="voice_person,sms" selected>' in shown
    assert 'value="9" id="f-budgets-0-limit"' in shown
    assert "0 of 9 calls" in shown
    assert "Flor" in shown
    assert "Regulation F" in shown


async def test_a_row_is_removed_and_an_empty_one_is_none(supervisor: Browser, database: Database) -> None:
    await save(database, "caps: [{limit: 7, within: 7d}, {limit: 2, within: 36h}]")
    second = {"caps-1-limit": "2", "caps-1-within": "36h", "caps-2-limit": "", "caps-2-within": ""}

    await supervisor.send(LIMITS, seen='"1"', **CAP, **second, **{"caps-0-remove": "yes"})

    assert as_values(await in_force(database)) == {"caps": [{"limit": 2, "within": "36h"}]}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"caps-0-limit": "0"}, "caps-0-limit"),
        ({"caps-0-limit": "many"}, "caps-0-limit"),
        ({"caps-0-limit": ""}, "caps-0-limit"),
        ({"caps-0-within": ""}, "caps-0-within"),
        ({"caps-0-within": "a day"}, "caps-0-within"),
        ({"caps-0-within": "400d"}, "caps-0-within"),
        ({"caps-0-media": "fax"}, "caps-0-media"),
        ({"caps-0-per": "family"}, "caps-0-per"),
        ({"caps-0-subject": "other"}, "caps-0-subject"),
        ({"caps-0-rule": "gone"}, "caps-0-rule"),
        ({"budgets-0-limit": "1.5"}, "budgets-0-limit"),
        ({"budgets-0-limit": "much"}, "budgets-0-limit"),
        ({"budgets-0-kind": "time"}, "budgets-0-kind"),
        ({"budgets-0-per": "week"}, "budgets-0-per"),
        ({"budgets-0-of": "queue:gone"}, "budgets-0-of"),
        ({"budgets-0-of": "rule:gone"}, "budgets-0-of"),
        ({"budgets-0-kind": "money"}, "costs-call"),
        ({"costs-call": "-1"}, "costs-call"),
        ({"costs-message": "x"}, "costs-message"),
        ({"costs-currency": "euro"}, "costs-currency"),
    ],
    ids=str,
)
async def test_what_does_not_fit_is_told_beside_its_field_and_stays_typed(
    supervisor: Browser, database: Database, sent: dict[str, str], field: str
) -> None:
    answer = await supervisor.send(LIMITS, **{"seen": '"0"', **CAP, **BUDGET, **sent})

    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text
    assert f'href="#f-{field}"' in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in sent.values())
    assert (await in_force(database)).budgets == []


async def test_who_was_overtaken_is_told_and_saves_over_it_only_by_saving_again(
    supervisor: Browser, database: Database
) -> None:
    await save(database, "caps: [{limit: 9, within: 7d}]")

    answer = await supervisor.send(LIMITS, seen='"0"', **CAP)

    assert answer.status_code == 409
    assert "Somebody changed the limits while you typed" in answer.text
    assert 'value="36h"' in answer.text
    assert [cap.limit for cap in (await in_force(database)).caps] == [9]
    assert (await supervisor.send(LIMITS, seen='"1"', **CAP)).status_code == 303
    assert (await in_force(database)).caps == [CapRule(limit=3, within="36h")]  # type: ignore[arg-type]  # as it is written


async def test_an_auditor_reads_the_limits_and_cannot_change_them(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, role=Role.AUDITOR) as auditor:
        shown = (await auditor.open(LIMITS)).text
        refused = await auditor.send(LIMITS, seen='"0"', **CAP)

    assert '<fieldset class="limits-all stack" aria-label="Limits" disabled>' in shown
    assert "A new cap" not in shown
    assert refused.status_code == 403
