"""The demo's calendars, made from the minute it starts, so that it shows the same at any hour of any day."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.availability.hours_book import default_book
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.whereabouts import whereabouts
from orchestrator.errors import BadInput
from orchestrator.insights.brute_force import calling_allowed

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# One zone for about every other hour of the day, so that somewhere it is always a decent time to call.
ZONES = (
    "Asia/Jerusalem", "America/New_York", "Europe/London", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney",
    "Pacific/Auckland", "Pacific/Honolulu", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Bangkok", "Asia/Dubai",
    "America/Anchorage", "Atlantic/Azores",
)  # fmt: skip

_EARLIEST_OPENING = timedelta(seconds=30)  # after the start: late enough for work to be seen waiting
_LONG = timedelta(minutes=10)  # no demo lasts as long


@dataclass(frozen=True, slots=True)
class Hours:
    """`home` and `away` are zones whose customers may be called now; `calendars` maps a name to its document."""

    home: str
    away: str
    opening_at: datetime
    calendars: dict[str, dict[str, object]]


def may_be_called(zone: str, at: datetime) -> bool:
    """Say whether a customer of whom only the zone is known may be contacted at `at`, for any purpose, by any medium."""
    where, book = whereabouts({"zone": zone}), default_book()
    holding = {each.hours for purpose in Purpose for medium in Medium for each in book.holding(where, purpose, medium)}
    return all(calling_allowed(hours.document, at, (zone,)) for hours in holding)


def hours_for(start: datetime, *, allowed: Callable[[str, datetime], bool]) -> Hours:
    """Return the demo's hours when it starts at `start` (aware UTC).

    `allowed(zone, instant)` says whether a customer in `zone` may be called then. Raises `BadInput` when nobody anywhere may.
    """
    home, away = _two_zones(start, allowed)
    opening = next_full_minute(start + _EARLIEST_OPENING)
    calendars = {
        "sales-hours": _always(home),
        "service-hours": _always(away),
        "deliveries-hours": _opens_at(home, opening),
        "feedback-hours": _opens_at(away, start + timedelta(days=2)),
    }
    return Hours(home, away, opening, {name: {"calendar": name} | document for name, document in calendars.items()})


def next_full_minute(instant: datetime) -> datetime:
    """Return the first full minute at or after `instant`."""
    floor = instant.astimezone(UTC).replace(second=0, microsecond=0)
    return floor if floor == instant else floor + timedelta(minutes=1)


def _two_zones(start: datetime, allowed: Callable[[str, datetime], bool]) -> tuple[str, str]:
    fit = [zone for zone in ZONES if all(allowed(zone, instant) for instant in _samples(start))]
    if len(fit) < 2:
        raise BadInput("no two zones may be called now", field="calling hours", fix="widen the calling hours of the demo")
    return fit[0], fit[1]


def _samples(start: datetime) -> Iterable[datetime]:
    return (start, start + _LONG / 2, start + _LONG)


def _always(zone: str) -> dict[str, object]:
    return {"zone": zone, "weekly": {day: ["00:00-24:00"] for day in WEEKDAYS}}


def _opens_at(zone: str, opening: datetime) -> dict[str, object]:
    """A calendar that is closed until `opening` (a full minute), open to that day's end and the whole next day."""
    local = opening.astimezone(ZoneInfo(zone))
    following = (local + timedelta(days=1)).date()
    days = {local.date(): [f"{local:%H:%M}-24:00"], following: ["00:00-24:00"]}
    return {"zone": zone, "weekly": {}, "days": {f"{day:%Y-%m-%d}": windows for day, windows in days.items()}}
