"""A bank's calls as events: who hung up waiting, and who reached a person; and what a plain reading of them says."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zlib import crc32
from zoneinfo import ZoneInfo

from tests.recorded.material import rows

ZONE = ZoneInfo("Asia/Jerusalem")
NOBODY = "0"  # customer_id of a caller who was not identified


@dataclass(frozen=True, slots=True)
class Call:
    call_id: str  # with its line: lines number their calls for themselves
    customer: str
    called: datetime  # aware UTC, as `at`
    at: datetime  # aware UTC: when they gave up, or when a person answered
    waited: int  # seconds in the queue
    hung_up: bool


def calls_of(day: date) -> list[Call]:
    """Return that day's calls that ended in a hang-up or with a person, in the file's order."""
    wanted = f"{day:%y%m%d}"
    table = rows("bank_calls_1999-02_first_half.csv")
    return [call for row in table if row["date"].strip() == wanted and (call := _call(row, day)) is not None]


def _call(row: dict[str, str], day: date) -> Call | None:
    waited, called = int(row["q_time"]), _instant(day, row["vru_entry"])
    name = f"{row['vru_line']}-{row['call_id']}"
    match row["outcome"].strip():
        case "HANG":
            gave_up = row["q_exit"] if waited > 0 else row["vru_exit"]
            return Call(name, row["customer_id"], called, _instant(day, gave_up), waited, hung_up=True)
        case "AGENT":
            return Call(name, row["customer_id"], called, _instant(day, row["ser_start"]), waited, hung_up=False)
        case _:
            return None


def _instant(day: date, clock: str) -> datetime:
    hours, minutes, seconds = (int(part) for part in clock.strip().split(":"))
    return datetime.combine(day, time(hours % 24, minutes, seconds), ZONE).astimezone(UTC)


def named(calls: Iterable[Call]) -> list[Call]:
    """Give each caller who was not identified a name of their own."""
    return [call if call.customer != NOBODY else replace(call, customer=f"unknown-{call.call_id}") for call in calls]


def waited_or_served(calls: Iterable[Call]) -> list[Call]:
    """Leave out who hung up before they had to wait."""
    return [call for call in calls if call.waited > 0 or not call.hung_up]


def known_or_served(calls: Iterable[Call]) -> list[Call]:
    """Leave out who hung up without telling who they are: nobody could call them back."""
    return [call for call in calls if call.customer != NOBODY or not call.hung_up]


def identified(calls: Iterable[Call]) -> list[Call]:
    return [call for call in calls if call.customer != NOBODY]


def phone_of(customer: str) -> str:
    """A made-up number of a valid form, one for each customer as far as seven digits tell them apart.

    Some recorded ids read `6.02111E+11`, so an id is a text here, never a number.
    """
    return f"+97252{2_000_000 + crc32(customer.encode()) % 7_000_000}"


def people(calls: Sequence[Call], at: datetime, *, zone: str) -> list[dict[str, Any]]:
    """Return one `customer.updated` for each customer, stamped `at`; `zone` is one where they may be called now."""
    return [
        _event(f"profile-{customer}", "customer.updated", customer, at, {"phone": phone_of(customer), "zone": zone})
        for customer in sorted({call.customer for call in calls})
    ]


def events(calls: Sequence[Call], *, ending: datetime) -> list[dict[str, Any]]:
    """Return the calls as events, all shifted by the same span so that the last one happened at `ending`."""
    shift = ending - max(call.at for call in calls)
    return [_of_call(call, shift) for call in calls]


def _of_call(call: Call, shift: timedelta) -> dict[str, Any]:
    if call.hung_up:
        return _event(call.call_id, "queue.abandoned", call.customer, call.at + shift, {"queue": "bank", "waited": call.waited})
    return _event(call.call_id, "contact.inbound", call.customer, call.at + shift, {"queue": "bank"})


def _event(event_id: str, kind: str, customer: str, at: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "bank/ivr",
        "type": kind,
        "subject": f"bank-{customer}",
        "time": at.isoformat(),
        "data": data,
    }


@dataclass(frozen=True, slots=True)
class Reading:
    """What ought to have become of one day, by customer: escalations opened, hang-ups joined, escalations withdrawn."""

    opened: dict[str, int]
    joined: dict[str, int]
    withdrawn: dict[str, int]

    @property
    def left_open(self) -> set[str]:
        return {customer for customer in self.opened if self.opened[customer] > self.withdrawn.get(customer, 0)}


def plain_reading(calls: Iterable[Call]) -> Reading:
    """Read the calls one after another, as a person with a pencil would."""
    opened: dict[str, int] = defaultdict(int)
    joined: dict[str, int] = defaultdict(int)
    withdrawn: dict[str, int] = defaultdict(int)
    waiting: set[str] = set()
    for call in sorted(calls, key=lambda call: (call.at, call.call_id)):
        if not call.hung_up:
            if call.customer in waiting:
                withdrawn[call.customer] += 1
                waiting.remove(call.customer)
        elif call.customer in waiting:
            joined[call.customer] += 1
        else:
            opened[call.customer] += 1
            waiting.add(call.customer)
    return Reading(dict(opened), dict(joined), dict(withdrawn))
