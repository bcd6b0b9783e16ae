"""What a customer wishes of the hours in which we call: `preferences` among the attributes channels report. It only narrows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import ValidationError

from orchestrator.availability.calling_hours import CallingHours, CallingHoursDocument
from orchestrator.availability.hours import Weekly
from orchestrator.availability.rest import Observance


class WishState(StrEnum):
    """What became of wished hours. Stored with decisions: never renamed."""

    KEPT = "kept"
    EMPTY = "empty"  # no hour of the week is wished for: it says nothing
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Preferences:
    """`hours` narrow the allowed ones; `state` is None where no hours are wished, `rest` where nothing is said of it."""

    hours: CallingHours | None = None
    state: WishState | None = None
    rest: Observance | None = None

    @classmethod
    def of(cls, attributes: Mapping[str, object]) -> "Preferences":
        """Read `preferences.weekly` (windows by weekday, as in a calendar) and `preferences.rest` (an `Observance`).

        Whatever cannot be read is left aside and told, so a bad wish never lets a call out at an hour that was closed.
        """
        told = attributes.get("preferences")
        if told is None:
            return cls()
        if not isinstance(told, Mapping):
            return cls(state=WishState.UNREADABLE)
        rest = told.get("rest")
        kept = next((each for each in Observance if each == rest), None)
        hours, state = _wished(told["weekly"]) if told.get("weekly") is not None else (None, None)
        return cls(hours, state, kept)


def _wished(weekly: object) -> tuple[CallingHours | None, WishState]:
    try:
        document = CallingHoursDocument(weekly=Weekly.model_validate(weekly))
    except ValidationError:
        return None, WishState.UNREADABLE
    if not any(document.weekly.by_weekday()):
        return None, WishState.EMPTY
    return CallingHours(document), WishState.KEPT
