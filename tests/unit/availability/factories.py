"""Calendars and situations with defaults, so that a test states only what it is about."""

from datetime import UTC, datetime
from typing import Any

from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Situation
from orchestrator.availability.windows import Always

NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)  # a Tuesday

ISRAEL = """
calendar: service-hours
zone: Asia/Jerusalem
weekly:
  sun: ["08:30-18:00"]
  mon: ["08:30-18:00"]
  tue: ["08:30-18:00"]
  wed: ["08:30-18:00"]
  thu: ["08:30-18:00"]
  fri: ["08:30-13:00"]
holidays: {country: IL, closed: true, eves: ["08:30-13:00"]}
"""


def a_calendar(text: str = ISRAEL) -> Calendar:
    return read_calendar(text.encode())


def a_situation(**changes: Any) -> Situation:
    """A service call by a person that nothing stands against. `Any`: each field has its own type."""
    return Situation(**{"purpose": Purpose.SERVICE, "medium": Medium.VOICE_PERSON, "calling": Always(), **changes})
