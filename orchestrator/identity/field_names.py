"""The names of fields that an administrator hides from agents, checked as they are read from the settings. Pure."""

import re
from collections.abc import Mapping

from orchestrator.intake.catalogue import EVENT_TYPES

_NAME = re.compile(r"[^\s.,][^.,\x00-\x1f]*(\.[^\s.,][^.,\x00-\x1f]*)*")
_LONGEST = 200
_PLACES = ("event.data.", "data.", "customer.attributes.", "customer.", "attributes.")
_NEEDED: Mapping[str, str] = {
    "phone": "numbers are hidden by RINGBACK_HIDE_NUMBERS",
    "zone": "the desk tells the customer's time by it",
    "language": "agents are chosen by it",
    "consent": "agents must know what may not be raised",
    "do_not_call": "agents must know that nobody may call",
}


def field_names(value: object) -> object:
    """Read `income, cart.total`: customers' attributes and events' fields. Raises `ValueError` naming the wrong one."""
    if not isinstance(value, str):
        return value
    names = [part.strip() for part in value.split(",")]
    for place, name in enumerate(names, start=1):
        if (fault := _fault(name)) is not None:
            raise ValueError(f"name {place} of {len(names)}, `{name[:_LONGEST]}`: {fault}")
    return tuple(dict.fromkeys(names))


def _fault(name: str) -> str | None:
    if not name:
        return "is empty: leave out the comma, or name a field"
    if len(name) > _LONGEST or _NAME.fullmatch(name) is None:
        return "is no name of a field: write it as events carry it, such as income, or cart.total for a field within one"
    if (place := next((each for each in _PLACES if name.startswith(each)), None)) is not None:
        return f"leave out `{place}`: a field is hidden wherever it stands"
    if (known := next((each for each in EVENT_TYPES if name == each or name.startswith(f"{each}.")), None)) is not None:
        return f"`{known}` is a type of event: name the field alone, such as total"
    return f"cannot be hidden: {_NEEDED[name.casefold()]}" if name.casefold() in _NEEDED else None
