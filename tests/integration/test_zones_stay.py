"""A newer zone database changes tomorrow's answers, and no decision that was recorded before it."""

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from orchestrator.availability.tables import CalendarRow
from orchestrator.availability.zones import zone
from orchestrator.queueing.floor import parsed
from orchestrator.storage.database import Database
from tests.integration import intake_world
from tests.integration.floor import a_queue
from tests.integration.test_decisions_stay import case_of, opening, recorded, told
from tests.integration.test_when_customer import RULE
from tests.unit.availability.brute import DAYS

ZONE, RULES_OF = "Asia/Jerusalem", "Asia/Karachi"  # five hours ahead of UTC, the year round


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a release of the zone database by which Jerusalem keeps another zone's time; forgotten after the test."""
    shutil.copytree(Path(str(files("tzdata"))), tmp_path / "tzdata")
    zones = tmp_path / "tzdata" / "zoneinfo"
    shutil.copyfile(zones / RULES_OF, zones / ZONE)
    yield tmp_path
    monkeypatch.undo()
    _restart()


def _install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is imported come from `folder` first, as after an update and a restart."""
    monkeypatch.syspath_prepend(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tzdata"]:
        monkeypatch.delitem(sys.modules, name)
    _restart()


def _restart() -> None:
    """Forget what a process has read of the zones."""
    zone.cache_clear()
    parsed.cache_clear()


def opens(decision: dict[str, Any]) -> datetime:
    figures = next(verdict["figures"] for verdict in decision["verdicts"] if verdict["gate"] == "business_hours")
    return datetime.fromisoformat(figures["until"])


async def test_a_zone_whose_rules_change_later_changes_no_recorded_decision(
    database: Database, monkeypatch: pytest.MonkeyPatch, newer: Path
) -> None:
    day, ten = opening(), time(10)
    text = f"calendar: weekly\nzone: {ZONE}\nweekly: {{{DAYS[day.weekday()]}: ['10:00-16:00']}}\n"
    as_it_was = datetime.combine(day, ten, ZoneInfo(ZONE)).astimezone(UTC)
    async with database.transaction() as session:
        session.add(CalendarRow(name="weekly", document=text, changed_at=datetime.now(UTC)))
        await session.flush()
        await a_queue(session, calendar="weekly")
    await intake_world.World.on(database).publish(RULE.replace("{message: {template: finish-link}}, ", ""))
    await case_of(database, "4321")
    before, explained = await recorded(database, "4321"), await told(database, "4321")

    _install(newer, monkeypatch)
    await case_of(database, "4322")

    (later, *_) = await recorded(database, "4322")
    assert await recorded(database, "4321") == before
    assert await told(database, "4321") == explained
    assert {opens(decision) for decision in before} == {as_it_was}
    assert opens(later) == datetime.combine(day, ten, ZoneInfo(RULES_OF)) != as_it_was
