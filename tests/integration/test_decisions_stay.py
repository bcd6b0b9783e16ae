"""A newer holiday database changes tomorrow's answers, and no decision that was recorded before it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from sqlmodel import select

from orchestrator.availability.holiday_dates import holidays_in
from orchestrator.availability.tables import CalendarRow
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.tables import DecisionRow
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import explain
from orchestrator.insights.timelines import find_customer
from orchestrator.queueing.floor import parsed
from orchestrator.storage.database import Database
from tests.integration import intake_world
from tests.integration.escalation_world import RealClock, World
from tests.integration.floor import a_queue
from tests.integration.intake_world import an_event
from tests.integration.test_when_customer import RULE, ask
from tests.unit.availability.brute import DAYS

_DAY = timedelta(days=1)


@pytest.fixture
def a_new_release() -> Iterator[None]:
    """What a process has computed from the databases is forgotten, as by its restart; and once more after the test."""
    _restart()
    yield
    _restart()


def _restart() -> None:
    holidays_in.cache_clear()
    parsed.cache_clear()


def opening() -> date:
    """Return a working day some days ahead, which a week later is one too."""
    days = [datetime.now(UTC).date() + number * _DAY for number in range(2, 40)]
    known = {day for year in {day.year for day in days} for day in holidays_in("IL", year) | holidays_in("IL", year + 1)}
    return next(day for day in days if day.weekday() in (0, 1, 2) and not {day, day + 7 * _DAY} & known)


def newer(closed: date) -> Any:
    """Return the holiday database's own function, of a release that knows one holiday more."""
    older = holidays.country_holidays

    def country_holidays(country: str, **asked: Any) -> Any:
        found = older(country, **asked)
        found[closed] = "Election Day"
        return found

    return country_holidays


async def case_of(database: Database, subject: str) -> World:
    """Let a customer's moment be found, and its case look at the gates."""
    known = {"phone": f"+97252765{subject}", "zone": "Asia/Jerusalem", "country": "IL", "language": "en"}
    events = an_event("customer.updated", subject=subject, **known), an_event("customer.moved", subject=subject)
    await intake_world.World.on(database).send(*events)
    world = World(database, RealClock())
    async with database.transaction() as session:
        customer = await find_customer(session, subject)
        moment = (await session.exec(select(MomentRow).where(MomentRow.customer_id == customer.id))).one()
    assert moment.escalation_id is not None
    await world.run(moment.escalation_id)
    return world


async def recorded(database: Database, subject: str) -> list[dict[str, Any]]:
    async with database.transaction() as session:
        customer = await find_customer(session, subject)
        rows = (await session.exec(select(DecisionRow).where(DecisionRow.customer_id == customer.id))).all()
        return [row.model_dump() for row in rows]


async def told(database: Database, subject: str) -> str:
    async with database.transaction() as session:
        customer, library = await find_customer(session, subject), intake_world.World.on(database).library
        (answer,) = await explain(session, customer, library, at=await database.clock.now(session), rule="moved")
    return " ".join(answer.sentences(Language.ENGLISH, ZoneInfo("UTC")))


def opens(decision: dict[str, Any]) -> date:
    """Return the day the queue opens on, as the decision has it."""
    figures = next(verdict["figures"] for verdict in decision["verdicts"] if verdict["gate"] == "business_hours")
    return datetime.fromisoformat(figures["until"]).date()


async def test_a_holiday_that_becomes_known_later_changes_no_recorded_decision(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, a_new_release: None
) -> None:
    day = opening()
    text = f"calendar: weekly\nzone: UTC\nweekly: {{{DAYS[day.weekday()]}: ['10:00-16:00']}}\nholidays: {{country: IL}}\n"
    async with database.transaction() as session:
        session.add(CalendarRow(name="weekly", document=text, changed_at=datetime.now(UTC)))
        await session.flush()
        await a_queue(session, calendar="weekly")
    await intake_world.World.on(database).publish(RULE.replace("{message: {template: finish-link}}, ", ""))
    await case_of(database, "4321")
    before, explained = await recorded(database, "4321"), await told(database, "4321")

    monkeypatch.setattr(holidays, "country_holidays", newer(day))
    _restart()
    await case_of(database, "4322")

    after, (later, *_) = await recorded(database, "4321"), await recorded(database, "4322")
    assert after == before
    assert await told(database, "4321") == explained
    assert {opens(decision) for decision in after} == {day}
    assert opens(later) == day + 7 * _DAY
    assert f"{day:%b} {day.day}, {day.year}, 10:00:00" in explained
    async with database.transaction() as session:
        customer = await find_customer(session, "4321")
    tomorrow = await ask(database, database_url, customer.id, (datetime.now(UTC) + _DAY).isoformat())
    assert opens({"verdicts": [verdict.as_json() for verdict in tomorrow.decision.verdicts]}) == day + 7 * _DAY
