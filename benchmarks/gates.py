"""All gates for one decision, against two looks at a wall clock; and the next opening by ten years of holidays."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from zoneinfo import ZoneInfo

from benchmarks.errors import CannotRun
from benchmarks.figures import Figure
from benchmarks.place import Place
from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.availability.consent import Wishes
from orchestrator.availability.decisions import decide
from orchestrator.availability.phones import Phone
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import (
    Budget,
    BudgetKind,
    Cap,
    Contact,
    ContactKind,
    Cooldown,
    Situation,
    Staffing,
    Worth,
)
from orchestrator.availability.verdicts import GateCode
from orchestrator.availability.windows import Windows, earliest
from orchestrator.escalations.customer_hours import customer_hours

_DECISIONS = 20_000
_SEARCHES = 20_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_DAYS, _TEN_YEARS = 60, 3652
_LIMIT = 150.0  # µs
_ZONES = (ZoneInfo("Asia/Jerusalem"), ZoneInfo("Europe/Paris"))
_CALENDAR = """
calendar: bench
zone: Asia/Jerusalem
weekly:
  sun: ["08:30-13:00", "14:00-18:00"]
  mon: ["08:30-13:00", "14:00-18:00"]
  tue: ["08:30-13:00", "14:00-18:00"]
  wed: ["08:30-13:00", "14:00-18:00"]
  thu: ["08:30-13:00", "14:00-18:00"]
  fri: ["08:30-13:00"]
  sat: ["21:00-02:00"]
holidays: {country: IL, closed: true, eves: ["08:30-13:00"]}
"""


async def run(place: Place) -> list[Figure]:
    """Measure in this process alone. Raises `CannotRun` when a gate was left out, or no opening was found."""
    calendar = read_calendar(_CALENDAR.encode())
    situation = _situation(calendar)
    _check(situation)
    random = Random(5)
    soon = [_START + timedelta(minutes=random.randrange(_DAYS * 1440)) for _ in range(_DECISIONS)]
    later = [_START + timedelta(minutes=random.randrange(_TEN_YEARS * 1440)) for _ in range(_SEARCHES)]
    hours = calendar.open_times()
    return [
        Figure("all gates for one decision", "µs", _median(lambda at: decide(situation, at), soon), _floor(soon), limit=_LIMIT),
        Figure(
            "next opening, ten years of holidays",
            "µs",
            _median(lambda at: _next(hours, at), later),
            _floor(later),
            limit=_LIMIT,
        ),
    ]


def _situation(calendar: Calendar) -> Situation:
    """A marketing call in Israel about which everything there is stands to be asked."""
    told = {"country": "IL", "zone": "Asia/Jerusalem", "consent": {"marketing": True}}
    there = customer_hours(
        told, Phone("+972527654321"), purpose=Purpose.MARKETING, medium=Medium.VOICE_PERSON, rest_in=frozenset({"IL"})
    )
    contacts = tuple(Contact(_START + timedelta(hours=7 * n), ContactKind.DIAL, rule="bench") for n in range(40))
    return Situation(
        purpose=Purpose.MARKETING,
        medium=Medium.VOICE_PERSON,
        rule="bench",
        calling=there.calling,
        calling_from=there.calling_from,
        rest=there.rest,
        rest_from=there.rest_from,
        business=calendar.open_times(),
        expires_at=_START + timedelta(days=400),
        wishes=Wishes.of(told),
        worth=Worth(value=300, chance=0.2, call_cost=18),
        cooldown=Cooldown(_START - timedelta(days=40), timedelta(days=30)),
        caps=(Cap(30, timedelta(days=1)), Cap(60, timedelta(days=7)), Cap(90, timedelta(days=30))),
        contacts=contacts,
        number_contacts=contacts,
        not_before=_START,
        staffing=Staffing(agents_on_duty=4, open_tasks=3, per_agent=10),
        budgets=(Budget(BudgetKind.CALLS, 10, 100, _START + timedelta(hours=1)),),
    )


def _check(situation: Situation) -> None:
    verdicts = decide(situation, _START).verdicts
    if {verdict.gate for verdict in verdicts} != set(GateCode):
        raise CannotRun("a decision left a gate out")


def _next(hours: Windows, at: datetime) -> datetime:
    found = earliest([hours], after=at, before=at + timedelta(days=400))
    if found is None:
        raise CannotRun("the calendar never opens")
    return found


def _floor(times: Sequence[datetime]) -> float:
    """Two wall clocks are read, and each is held against an hour: the barest answer to whether now is a good time."""
    return _median(lambda at: all(9 <= at.astimezone(zone).hour < 20 for zone in _ZONES), times)


def _median(work: Callable[[datetime], object], times: Sequence[datetime]) -> float:
    took = []
    for at in times:
        began = time.perf_counter_ns()
        work(at)
        took.append(time.perf_counter_ns() - began)
    return median(took) / 1000
