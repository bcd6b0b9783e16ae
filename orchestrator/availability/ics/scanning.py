"""A first look at an .ics file, line by line, before anything is made of it: what would take for ever is refused here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.errors import BadInput

MAX_BYTES = 1_000_000
MAX_EVENTS = 5_000
_MAX_LISTED = 2_000  # dates in RDATE and EXDATE together
_FREQUENCY = re.compile(r"FREQ=([A-Z]+)", re.IGNORECASE)
_WITHIN_A_DAY = re.compile(r"BY(HOUR|MINUTE|SECOND)=", re.IGNORECASE)
# A day or a week that is also asked for its place in a month or a year may never come, and is looked for to the year 9999.
_OF_A_LONGER_TIME = re.compile(r"BY(MONTHDAY|YEARDAY|WEEKNO|SETPOS)=", re.IGNORECASE)
_ALLOWED = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_YEAR = re.compile(r":([0-9]{4})[0-9]{4}")
_YEARS = range(1970, 2101)
_SHOWN = 60  # characters of a UID that a refusal repeats


class BadIcs(BadInput):
    """An .ics file that cannot be taken. Names the component, its line and UID, and the fix; nothing of it is saved."""

    code = "bad_ics"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a component stands in the file: its line, from 1, and its UID where it has one."""

    component: str
    line: int
    uid: str | None = None

    def refusal(self, detail: str, *, fix: str, part: str = "") -> BadIcs:
        named = "" if self.uid is None else f" (UID {self.uid[:_SHOWN]})"
        field = f"{self.component}.{part}" if part else self.component
        return BadIcs(f"line {self.line}: {self.component}{named} {detail}", field=field, fix=fix)


_FILE = Place("VCALENDAR", 1)


def scan(raw: bytes) -> tuple[Place, ...]:
    """Return the places of the file's events, in order. Raises `BadIcs` for what no calendar needs or would never end."""
    if len(raw) > MAX_BYTES:
        raise _FILE.refusal("is over 1 MB", fix="export fewer years, or split the file")
    events, component, listed = [], _FILE, 0
    around: list[Place] = []  # the components that this one stands in
    ruled: set[tuple[int, str]] = set()
    for number, line in _unfolded(raw):
        name = re.split("[;:]", line, maxsplit=1)[0].upper()
        value = line.partition(":")[2].strip()
        if name == "BEGIN":
            around.append(component)
            component = Place(value.upper(), number)
            if component.component == "VEVENT":
                events.append(component)
        elif name == "END":
            component = around.pop() if around else _FILE
        elif name == "UID" and component.component == "VEVENT":
            component = events[-1] = Place("VEVENT", component.line, _tame(value))
        else:
            here = Place(component.component, number, component.uid)
            _check_rule(name, line, here)
            _check_once(name, here, (component.line, name), ruled)
            listed += _listed(name, line, here, listed)
    if not events:
        raise _FILE.refusal("has no events", fix="give a file with at least one VEVENT")
    if len(events) > MAX_EVENTS:
        raise _FILE.refusal(f"has over {MAX_EVENTS} events", fix="split the file")
    return tuple(events)


def _unfolded(raw: bytes) -> Iterator[tuple[int, str]]:
    """Yield the file's lines with their numbers; a line that goes on after a space is one (RFC 5545, 3.1)."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place("VCALENDAR", raw.count(b"\n", 0, error.start) + 1)
        raise place.refusal("is not UTF-8", fix="save the file as UTF-8") from None
    begun, parts = 1, list[str]()
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line[:1] in (" ", "\t"):
            parts.append(line[1:])
            continue
        yield begun, "".join(parts)
        begun, parts = number, [line]
    yield begun, "".join(parts)


def _check_rule(name: str, line: str, here: Place) -> None:
    if name in ("RRULE", "EXRULE"):
        found = _FREQUENCY.search(line)
        if found is None or found[1].upper() not in _ALLOWED:
            told = "without a FREQ" if found is None else f"{found[1].upper()[:12]}"
            fix = "repeat DAILY, WEEKLY, MONTHLY or YEARLY"
            raise here.refusal(f"repeats {told}", part=name, fix=fix)
        if found[1].upper() in ("DAILY", "WEEKLY") and _OF_A_LONGER_TIME.search(line):
            raise here.refusal("repeats by day within a longer time", part=name, fix="repeat MONTHLY or YEARLY instead")
        if _WITHIN_A_DAY.search(line):
            raise here.refusal("repeats within a day", part=name, fix="give each time of the day an event of its own")
    if name == "DTSTART" and here.component == "VEVENT" and (year := _YEAR.search(line)) and int(year[1]) not in _YEARS:
        raise here.refusal("begins out of reach", part=name, fix="give a year from 1970 to 2100")


def _check_once(name: str, here: Place, rule: tuple[int, str], ruled: set[tuple[int, str]]) -> None:
    """Refuse a second rule of a component, as each may take seconds to follow (RFC 5545, 3.8.5.3: should not be there)."""
    if name in ("RRULE", "EXRULE"):
        if rule in ruled:
            raise here.refusal("repeats by more than one rule", part=name, fix="give each rule an event of its own")
        ruled.add(rule)


def _listed(name: str, line: str, here: Place, before: int) -> int:
    if name not in ("RDATE", "EXDATE") or here.component != "VEVENT":
        return 0
    count = line.count(",") + 1
    if before + count > _MAX_LISTED:
        raise here.refusal(f"is where the dates listed pass {_MAX_LISTED}", part=name, fix="use a rule instead of a list")
    return count


def _tame(text: str) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)
