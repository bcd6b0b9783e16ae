"""`decide` and `agree` against stepping minute by minute over the edges of eight zones' clocks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.availability.agreement import Agreed, NeverAgreed, agree
from orchestrator.availability.calendars import Calendar
from orchestrator.availability.calling_hours import read_calling_hours
from orchestrator.availability.decisions import decide
from orchestrator.availability.situation import Cap, Contact, ContactKind, Situation
from orchestrator.availability.verdicts import GateCode, Go, Refuse, Wait
from orchestrator.availability.windows import Windows, starting
from tests.unit.availability.brute import DAY, EDGES, MINUTE, edge, is_open, minutes
from tests.unit.availability.factories import a_calendar, a_situation
from tests.unit.availability.test_windows import weeks

Weekly = Mapping[str, Sequence[str]]
_MARGINS = (0, 60)
_AHEAD = 2 * DAY


@dataclass(frozen=True, slots=True)
class Drawn:
    """One question: two sets of weekly hours, where the customer may be, and what else stands against the contact."""

    now: datetime
    ours: Weekly
    our_zone: str
    theirs: Weekly
    zones: tuple[str, ...]
    margin: int
    grace: int | None
    dialed: int | None
    expires: int

    @property
    def not_before(self) -> datetime | None:
        return None if self.grace is None else self.now + self.grace * MINUTE

    @property
    def expires_at(self) -> datetime:
        return self.now + self.expires * MINUTE

    @property
    def cap_over(self) -> datetime | None:
        """When the one dial there was leaves the cap of one in a day."""
        return None if self.dialed is None else self.now - self.dialed * MINUTE + DAY


@st.composite
def questions(draw: st.DrawFn) -> Drawn:
    zones = sorted(EDGES)
    turning = draw(st.sampled_from(zones))
    shift = draw(st.integers(-1500, 300))
    others = draw(st.lists(st.sampled_from(zones), max_size=2))
    return Drawn(
        now=edge(turning, draw(st.integers(0, 1))) + shift * MINUTE,
        ours=draw(weeks),
        our_zone=draw(st.sampled_from(zones)),
        theirs=draw(weeks),
        zones=tuple(sorted({turning, *others})),
        margin=draw(st.sampled_from(_MARGINS)),
        grace=draw(st.none() | st.integers(-60, 1500)),
        dialed=draw(st.none() | st.integers(0, 1600)),
        expires=draw(st.integers(1, int(_AHEAD / MINUTE))),
    )


def a_drawn_calendar(drawn: Drawn) -> Calendar:
    return a_calendar(json.dumps({"calendar": "c", "zone": drawn.our_zone, "weekly": _listed(drawn.ours)}))


def calling(drawn: Drawn) -> Windows:
    text = json.dumps({"weekly": _listed(drawn.theirs)})
    return read_calling_hours(text.encode()).at(drawn.zones, drawn.margin * MINUTE)


def _listed(weekly: Weekly) -> dict[str, list[str]]:
    return {day: list(windows) for day, windows in weekly.items() if windows}


def situation(drawn: Drawn) -> Situation:
    known: dict[str, Any] = {"calling": calling(drawn), "business": a_drawn_calendar(drawn).open_times()}
    if drawn.dialed is not None:
        dial = Contact(drawn.now - drawn.dialed * MINUTE, ContactKind.DIAL)
        known |= {"caps": (Cap(1, DAY),), "contacts": (dial,)}
    return a_situation(not_before=drawn.not_before, expires_at=drawn.expires_at, **known)


def opened(drawn: Drawn) -> dict[GateCode, set[datetime]]:
    """Step through the minutes until the expiry: at which of them is each gate open?"""
    stretch = list(minutes(drawn.now, drawn.expires_at))
    allowed = set(stretch)
    for name in drawn.zones:
        allowed &= _deep_inside(drawn, ZoneInfo(name))
    return {
        GateCode.BUSINESS_HOURS: {m for m in stretch if is_open(drawn.ours, ZoneInfo(drawn.our_zone), m)},
        GateCode.CALLING_HOURS: allowed,
        GateCode.LATE_GRACE: {m for m in stretch if drawn.not_before is None or m >= drawn.not_before},
        GateCode.FREQUENCY: {m for m in stretch if drawn.cap_over is None or m >= drawn.cap_over},
    }


def _deep_inside(drawn: Drawn, zone: ZoneInfo) -> set[datetime]:
    """Return the minutes that are open with `margin` minutes open before and after them."""
    margin = drawn.margin
    around = list(minutes(drawn.now - (margin + 1) * MINUTE, drawn.expires_at + (margin + 1) * MINUTE))
    shut = [minute for minute in around if not is_open(drawn.theirs, zone, minute)]
    if not shut:
        return set(around)
    ends = [around[0] - MINUTE, *shut, around[-1] + MINUTE]
    deep: set[datetime] = set()
    for left, right in pairwise(ends):
        deep |= set(minutes(left + (margin + 1) * MINUTE, right - margin * MINUTE))
    return deep


@settings(max_examples=60, deadline=None)
@given(questions())
def test_the_decision_is_the_one_found_by_stepping_through_the_minutes(drawn: Drawn) -> None:
    gates = opened(drawn)
    together = set.intersection(*gates.values())
    first = min(together, default=None)
    shut = tuple(sorted(gate for gate, times in gates.items() if drawn.now not in times))

    decision = decide(situation(drawn), drawn.now)

    if first == drawn.now:
        assert isinstance(decision, Go)
    elif first is not None:
        assert isinstance(decision, Wait)
        assert (decision.until, decision.reasons) == (first, shut)
    else:
        assert isinstance(decision, Refuse)
        assert decision.expired


@settings(max_examples=40, deadline=None)
@given(questions())
def test_the_gates_to_blame_are_those_that_never_open_together(drawn: Drawn) -> None:
    gates = opened(drawn)
    windows = {GateCode.CALLING_HOURS: calling(drawn), GateCode.BUSINESS_HOURS: a_drawn_calendar(drawn).open_times()}
    if drawn.not_before is not None:
        windows[GateCode.LATE_GRACE] = starting(drawn.not_before)
    times = {gate: gates[gate] for gate in windows}
    together = set.intersection(*times.values())

    outcome = agree(windows, now=drawn.now, expires=drawn.expires_at)

    if together:
        assert isinstance(outcome, Agreed)
        assert outcome.at == min(together)
    else:
        assert isinstance(outcome, NeverAgreed)
        assert set.intersection(*(times[gate] for gate in outcome.gates)) == set()
        alone = {gate for gate, open_times in times.items() if not open_times}
        assert not alone or set(outcome.gates) == alone


def test_a_night_that_the_clock_changes_in_two_zones_is_stepped_through_too() -> None:
    night = {day: ["22:00-06:00"] for day in ("fri", "sat", "sun")}
    drawn = Drawn(
        now=edge("Australia/Lord_Howe", 0) - timedelta(hours=18),
        ours=night,
        our_zone="Pacific/Chatham",
        theirs=night,
        zones=("Australia/Lord_Howe", "Pacific/Chatham"),
        margin=60,
        grace=None,
        dialed=None,
        expires=2880,
    )

    decision = decide(situation(drawn), drawn.now)

    assert isinstance(decision, Wait)
    assert decision.until == min(set.intersection(*opened(drawn).values()))
