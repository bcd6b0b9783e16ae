"""Back-tests on the console: asked for by a form, watched, called off, and shown as a picture with its customers."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from api.pages.people import Role
from orchestrator.backtests.tables import BacktestRow, BacktestState
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.intake_world import COMPLAINT, World, an_event, publish_rules
from tests.integration.test_backtests import CART

PAGE = "/console/rules/cart/backtest"
UNTIL = datetime(2026, 3, 16, 12, 30, tzinfo=UTC)  # a Monday


async def a_backtest(database: Database, *, days: int = 14, **values: Any) -> BacktestRow:
    """A back-test of the rule `cart` as the worker leaves it; a queued one without a result."""
    state = BacktestState.DONE if "result" in values else BacktestState.QUEUED
    known: dict[str, Any] = {"rule": "cart", "version": 1, "document": CART, "asked_by": "maya", "asked_at": UNTIL}
    row = BacktestRow(**{**known, "since": UNTIL - timedelta(days=days), "until": UNTIL, "state": state, **values})
    async with database.transaction() as session:
        session.add(row)
    return row


def a_result(**values: Any) -> dict[str, Any]:
    return {
        "events": {"read": 40, "accepted": 40, "duplicate": 0, "refused": {}},
        "figures": {"moments": 10, "verdicts": {"escalate": 7, "suppressed:cooldown": 3}, "open_watches": 0, "errors": 0},
        "hours": [
            ["2026-03-09T09:00:00Z", 6, 5, 2],
            ["2026-03-10T09:00:00Z", 1, 1, 2],
            ["2026-03-10T22:00:00Z", 3, 1, 0],
        ],
        "queue": "sales",
        "agents": 2,
        "others": ["complaint"],
        "overlap": [{"rule": "complaint", "customers": 3}],
        "worth": {"expected_value": 700.0, "cost": 140.0, "calls": 7},
        "samples": [],
    } | values


async def test_a_back_test_is_asked_for_and_stands_in_line(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    async with a_browser(database_url, database) as browser:
        answer = await browser.send(PAGE, version="1", length="7")
        shown = (await browser.open(answer.headers["location"])).text
        rows = await stored(database)

    assert (answer.status_code, len(rows)) == (303, 1)
    assert rows[0].until - rows[0].since == timedelta(days=7)
    assert "One back-test runs at a time." in shown
    assert f'hx-get="{PAGE}/{rows[0].id}/part"' in shown


async def test_the_days_of_a_form_are_those_of_the_reader(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    async with a_browser(database_url, database) as browser:
        await browser.send(PAGE, version="1", length="dates", since="2026-03-02", until="2026-03-08")

    (row,) = await stored(database)
    assert row.until - row.since == timedelta(days=7)


async def test_what_does_not_fit_is_told_beside_its_field_with_all_that_was_typed(
    database_url: str, database: Database
) -> None:
    await publish_rules(database, CART)
    async with a_browser(database_url, database) as browser:
        days = await browser.send(PAGE, version="1", length="dates", since="2026-03-09", until="2026-03-01")
        ahead = await browser.send(PAGE, version="1", length="dates", since="2199-01-01", until="2199-01-02")
        none = await browser.send(PAGE, version="7", length="soon")

    assert [answer.status_code for answer in (days, ahead, none)] == [422, 422, 422]
    assert 'value="2026-03-09"' in days.text
    assert "The first day comes after the last." in days.text
    assert "This day has not come yet." in ahead.text
    assert "Choose one of the versions." in none.text
    assert "Choose one of the periods." in none.text
    assert await stored(database) == []


async def test_one_that_runs_says_how_far_it_is_until_it_is_over(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    progress = {"phase": "running", "done": 1500, "of": 4000}
    row = await a_backtest(database, state=BacktestState.RUNNING, progress=progress)
    async with a_browser(database_url, database) as browser:
        running = (await browser.open(f"{PAGE}/{row.id}/part")).text
        await ended(database, row.id)
        over = (await browser.open(f"{PAGE}/{row.id}/part")).text

    assert "1,500 of 4,000 events" in running
    assert 'max="4000" value="1500"' in running
    assert "hx-trigger" in running
    assert "hx-trigger" not in over
    assert "could not be finished" in over


async def test_one_is_called_off_with_its_line_in_the_audit(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    row = await a_backtest(database)
    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"{PAGE}/{row.id}/cancellation")
        shown = (await browser.open(answer.headers["location"])).text
        login = browser.viewer.login

    assert "It was cancelled, so there is nothing to show." in shown
    async with database.transaction() as session:
        line = (await session.exec(select(ChangeRow).where(ChangeRow.what == "backtest.cancelled"))).one()
    assert (line.who, line.subject) == (login, "cart")


async def test_an_auditor_looks_and_asks_for_none(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    await a_backtest(database)
    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = await browser.open(PAGE)
        refused = await browser.send(PAGE, version="1", length="7")

    assert (shown.status_code, refused.status_code) == (200, 403)
    assert "<form" not in shown.text.split("<main")[1]


async def test_what_was_found_is_told_in_words_and_figures(database_url: str, database: Database) -> None:
    await publish_rules(database, CART, COMPLAINT)
    await a_backtest(database, result=a_result())
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open(PAGE)).text

    assert "It would have made 7 calls, 0.5 a day." in shown
    assert "1 of them would have waited for somebody to be there." in shown
    assert 'Not called: the same rule had just led to a case</th><td class="number">3</td><td>30%' in shown
    assert 'href="/console/rules/complaint"' in shown
    assert "7 calls would cost 140. The moments they stand for are expected to bring 700" in shown
    assert "When in the week the calls come" in shown


async def test_a_short_period_has_a_bar_for_each_hour(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    hours = [["2026-03-16T09:00:00Z", 6, 5, 2], ["2026-03-16T10:00:00Z", 0, 0, 2]]
    await a_backtest(database, days=1, result=a_result(hours=hours))
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open(PAGE)).text

    assert "09:00: calls 5, agents 2</title>" in shown
    assert shown.count('class="calls over"') == 1
    assert "In 1 hour there are more calls than agents." in shown
    assert "When in the week" not in shown


async def test_a_sample_leads_to_its_customer_and_tells_what_happened(database_url: str, database: Database) -> None:
    world = World.on(database)
    await world.publish(CART)
    await world.send(an_event("checkout.started", "ann", id="e 1", at=UNTIL - timedelta(days=1)), history=True)
    customer = await world.customer("ann")
    await named(database, customer.id, "Ann Cohen")
    sample = {"customer": str(customer.id), "at": "2026-03-15T12:50:00.000Z", "verdict": "escalate", "evidence": ["/test e 1"]}
    await a_backtest(database, result=a_result(samples=[sample]))
    async with a_browser(database_url, database, locale="en") as browser:
        shown = (await browser.open(PAGE)).text
        why = shown.split(f'href="/console/customers/{customer.id}/why?at=')[1].split('"')[0]
        followed = await browser.open(f"/console/customers/{customer.id}/why?at={why}")

    assert "Ann Cohen" in shown
    assert "a checkout began" in shown
    assert f'href="/console/customers/{customer.id}"' in shown
    assert followed.status_code == 200


async def test_the_hours_are_a_file_as_well(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    row = await a_backtest(database, result=a_result())
    async with a_browser(database_url, database) as browser:
        file = await browser.open(f"{PAGE}/{row.id}/hours.csv")

    rows = list(csv.reader(io.StringIO(file.text.removeprefix("\ufeff"))))
    assert rows[:2] == [["hour", "moments", "calls", "agents"], ["2026-03-09T09:00:00Z", "6", "5", "2"]]


async def test_earlier_ones_are_listed_and_opened(database_url: str, database: Database) -> None:
    await publish_rules(database, CART)
    first = await a_backtest(database, asked_at=UNTIL - timedelta(hours=1), result=a_result())
    await a_backtest(database)
    async with a_browser(database_url, database) as browser:
        latest = (await browser.open(PAGE)).text
        earlier = (await browser.open(f"{PAGE}?run={first.id}")).text
        nothing = await browser.open(f"{PAGE}?run={UUID(int=0)}")

    assert f'href="{PAGE}?run={first.id}"' in latest
    assert '<td class="number">10</td><td class="number">7</td>' in latest
    assert "It would have made" not in latest
    assert "It would have made 7 calls" in earlier
    assert nothing.status_code == 404


async def stored(database: Database) -> list[BacktestRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(BacktestRow).order_by(col(BacktestRow.asked_at)))).all())


async def ended(database: Database, backtest_id: UUID) -> None:
    async with database.transaction() as session:
        row = await session.get_one(BacktestRow, backtest_id)
        row.state = BacktestState.FAILED
        session.add(row)


async def named(database: Database, customer_id: UUID, name: str) -> None:
    async with database.transaction() as session:
        row = await session.get_one(CustomerRow, customer_id)
        row.attributes = {"name": name}
        session.add(row)
