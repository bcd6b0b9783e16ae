"""An agent's shift plan as a form: windows by weekday, dates that are different, and what does not fit of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from orchestrator.queueing.shift_plans import DAYS, ShiftDocument


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


_WINDOWS = _("Write windows that do not overlap, such as 09:00-13:00, 14:00-18:00, or leave the day empty.")
_ZONE = _("Give the name of a zone, such as Asia/Jerusalem.")
NOT_SERVED = _("They do not serve one of these queues any more. Tick others, or none at all.")
_DATES = _("Write each date on a line of its own, such as 2026-12-24: closed or 2026-12-31: 09:00-12:00.")


@dataclass(frozen=True, slots=True)
class ShiftForm:
    """What was typed: a zone, windows by weekday, and a line for each date that is different.

    `queues` are those ticked, what the agent is planned for; none ticked: all the agent serves.
    """

    zone: str
    week: Mapping[str, str]
    dates: str
    queues: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: ShiftDocument) -> "ShiftForm":
        week = {day: ", ".join(getattr(document.weekly, day)) for day in DAYS}
        lines = [f"{day}: {', '.join(windows) or 'closed'}" for day, windows in sorted(document.days.items())]
        return cls(document.zone, week, "\n".join(lines), tuple(document.queues or ()))

    def read(self, agent: str) -> tuple[ShiftDocument | None, dict[str, str]]:
        """Return the plan, or what does not fit by the field's name."""
        dates = _dates(self.dates)
        given = {
            "shifts": agent,
            "zone": self.zone.strip(),
            "queues": list(self.queues) or None,
            "weekly": {day: _windows(self.week.get(day, "")) for day in DAYS},
            "days": {} if dates is None else dates,
        }
        faults = {} if dates is not None else {"dates": _DATES}
        try:
            document = ShiftDocument.model_validate(given)
        except ValidationError as error:
            faults |= dict(_fault(each["loc"]) for each in error.errors())
        return (None, faults) if faults else (document, {})


def _windows(text: str) -> list[str]:
    return [part.strip().replace("–", "-") for part in text.split(",") if part.strip()]


def _dates(text: str) -> dict[str, str | list[str]] | None:
    """Return windows by date as they were typed; None where a line is not of this shape, or a date stands twice."""
    found: dict[str, str | list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        day, colon, windows = line.partition(":")
        if not colon or day.strip() in found:
            return None
        found[day.strip()] = "closed" if windows.strip() == "closed" else _windows(windows)
    return found


def _fault(place: tuple[int | str, ...]) -> tuple[str, str]:
    match place[0]:
        case "weekly":
            return str(place[1]), _WINDOWS
        case "days":
            return "dates", _DATES
        case _:
            return "zone", _ZONE
