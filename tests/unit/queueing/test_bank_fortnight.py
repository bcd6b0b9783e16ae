"""A bank's fortnight under calendars and shifts: who hung up waiting would have been called back when, and was it in time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.availability.calendars import read_calendar
from orchestrator.availability.due import callback_due
from orchestrator.availability.windows import Intersection, Windows
from orchestrator.queueing.outlook import Shift, quarters, time_to_finish
from orchestrator.queueing.shift_plans import read_shifts
from tests.recorded import bank
from tests.recorded.bank import Call
from tests.recorded.material import recorded

pytestmark = recorded

ZONE = ZoneInfo("Asia/Jerusalem")
DAYS = [date(1999, 2, 1) + timedelta(days=number) for number in range(14)]
WITHIN, CUTOFF, HANDLING = timedelta(hours=3), timedelta(hours=2), timedelta(seconds=177)
CALENDAR = read_calendar(
    b"""calendar: bank
zone: Asia/Jerusalem
weekly: {sun: ["07:00-24:00"], mon: ["07:00-24:00"], tue: ["07:00-24:00"], wed: ["07:00-24:00"], thu: ["07:00-24:00"],
  fri: ["07:00-14:00"], sat: ["20:00-24:00"]}
"""
)
# One who calls back by day and one by night.
SHIFTS = [
    read_shifts(
        b"""shifts: Day
zone: Asia/Jerusalem
weekly: {sun: ["08:00-16:00"], mon: ["08:00-16:00"], tue: ["08:00-16:00"], wed: ["08:00-16:00"], thu: ["08:00-16:00"],
  fri: ["08:00-14:00"]}
"""
    ),
    read_shifts(
        b"""shifts: Evening
zone: Asia/Jerusalem
weekly: {sun: ["16:00-24:00"], mon: ["16:00-24:00"], tue: ["16:00-24:00"], wed: ["16:00-24:00"], thu: ["16:00-24:00"],
  sat: ["20:00-24:00"]}
"""
    ),
]
WORKING: list[Windows] = [Intersection(CALENDAR.open_times(), plan.on_duty) for plan in SHIFTS]


@dataclass(frozen=True, slots=True)
class Owed:
    """One who hung up, when, by when they are due, and when somebody is free to call; `ahead`: callbacks before theirs."""

    customer: str
    left: datetime
    due: datetime
    call: datetime
    ahead: int


@dataclass(slots=True)
class Replay:
    """`came_first` are those who reached a person by themselves before we would have called."""

    called: list[Owed] = field(default_factory=list)
    came_first: list[Owed] = field(default_factory=list)
    joined: int = 0


def begins(windows: Windows, at: datetime) -> datetime:
    """Return the first instant from `at` on at which a callback begins that ends in the same window."""
    return next(start for start, end in windows.between(at, at + timedelta(days=8)) if end - start >= HANDLING)


def replay(calls: Sequence[Call]) -> Replay:
    """Let each who hung up wait in line for the two agents, until they are called or get through by themselves."""
    story, free, finished = Replay(), [calls[0].at for _ in WORKING], list[datetime]()
    open_until: dict[str, datetime] = {}
    served = {name: [call.at for call in calls if call.customer == name and not call.hung_up] for name in names(calls)}
    for call in (each for each in calls if each.hung_up):
        if call.at < open_until.get(call.customer, call.at):
            story.joined += 1
            continue
        starts = [begins(windows, max(call.at, at)) for windows, at in zip(WORKING, free, strict=True)]
        start = min(starts)
        due = callback_due(CALENDAR, call.at, within=WITHIN, cutoff=CUTOFF)
        assert due is not None
        owed = Owed(call.customer, call.at, due, start, ahead=sum(at > call.at for at in finished))
        own = next((at for at in served[call.customer] if call.at <= at < start), None)
        open_until[call.customer] = own or start
        if own is not None:
            story.came_first.append(owed)
            continue
        free[starts.index(start)] = start + HANDLING
        finished.append(start + HANDLING)
        story.called.append(owed)
    return story


def names(calls: Iterable[Call]) -> set[str]:
    return {call.customer for call in calls}


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    known = [call for day in DAYS for call in bank.identified(bank.waited_or_served(bank.calls_of(day)))]
    return sorted(known, key=lambda call: (call.at, call.call_id))


@pytest.fixture(scope="module")
def story(calls: list[Call]) -> Replay:
    return replay(calls)


def closing(day: date) -> datetime:
    """Return when the bank closes on a date: Friday at two, else at midnight."""
    local = (
        datetime.combine(day, time(14), ZONE) if day.weekday() == 4 else datetime.combine(day + timedelta(days=1), time(), ZONE)
    )
    return local.astimezone(UTC)


def opening(day: date) -> datetime:
    return datetime.combine(day, time(20 if day.weekday() == 5 else 7), ZONE).astimezone(UTC)


def by_hand(left: datetime) -> datetime:
    """Return by when a call is due, as one reads it off the bank's door."""
    day = left.astimezone(ZONE).date()
    if opening(day) <= left <= closing(day) - CUTOFF:
        return min(left + WITHIN, closing(day))
    if left >= opening(day):
        day += timedelta(days=1)
    return min(opening(day) + WITHIN, closing(day))


def test_everyone_is_due_when_the_door_says_so(story: Replay) -> None:
    owed = [*story.called, *story.came_first]

    assert len(owed) > 400
    assert [each.due for each in owed] == [by_hand(each.left) for each in owed]


def test_calls_go_out_while_the_bank_is_open_and_an_agent_on_shift(story: Replay) -> None:
    hours = Counter((each.call.astimezone(ZONE).strftime("%a"), each.call.astimezone(ZONE).hour) for each in story.called)

    for day, hour in hours:
        first, last = {"Fri": (8, 13), "Sat": (20, 23)}.get(day, (8, 23))
        assert first <= hour <= last


def test_the_forecast_names_the_time_at_which_each_would_be_called(story: Replay) -> None:
    """Within a handling time: what is told ahead is what comes about."""
    for each in story.called:
        until = each.left + timedelta(days=4)
        open_ahead = CALENDAR.open_times().between(each.left, until)
        crew = [Shift(windows.between(each.left, until)) for windows in WORKING]
        known = quarters(crew, open_ahead, handling=HANDLING)
        finished = time_to_finish(known, each.ahead + 1)

        assert finished is not None
        began = known[0].start + finished - HANDLING
        assert abs(began - each.call) <= HANDLING, each


def test_two_agents_keep_nearly_every_due_time_and_forestall_most_second_calls(calls: list[Call], story: Replay) -> None:
    in_time = sum(each.call < each.due for each in story.called)
    again = {"spared": 0, "first": 0}
    for each in [*story.called, *story.came_first]:
        later = [call.at for call in calls if call.customer == each.customer and each.left < call.at <= each.left + WITHIN]
        if later:
            again["spared" if each.call < min(later) else "first"] += 1
    assert again["spared"] > again["first"]
    assert in_time / len(story.called) > 0.95
