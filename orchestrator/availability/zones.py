"""Zones by name, from the zone database this service ships with, and the zones a customer may be in."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone as number_zones

from orchestrator.availability.situation import Unplaced
from orchestrator.documents import nearest
from orchestrator.errors import BadInput

# A number tells where it was given out, not where it is now, and its zone is one of several in its area (notes, 6).
NUMBER_MARGIN = timedelta(hours=1)


class UnknownZone(BadInput):
    """A zone that the zone database does not hold."""

    code = "unknown_zone"


class ZoneSource(StrEnum):
    """How zones were found. Stored with decisions: never renamed."""

    ADDRESS = "address"
    ATTRIBUTE = "attribute"
    STATE = "state"
    COUNTRY = "country"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Place:
    """The zones a customer may be in, sorted, and how they were found. `margin` narrows allowed hours on both sides."""

    zones: tuple[str, ...]
    source: ZoneSource
    margin: timedelta = timedelta(0)


@cache
def zone_names() -> frozenset[str]:
    """Return every name of the zone database."""
    names = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(names) - {"Factory"}


@cache
def zone(name: str) -> ZoneInfo:
    """Return the zone from the shipped database, whatever the machine's own says. Raises `UnknownZone`."""
    if name not in zone_names():
        near = nearest(name, sorted(zone_names()))
        fix = f"did you mean {near}?" if near else "give an IANA name such as Asia/Jerusalem"
        raise UnknownZone("there is no such zone", field="zone", fix=fix)
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            found.setdefault(country, []).append(name)
    return {country: tuple(sorted(names)) for country, names in found.items()}


def country_zones(country: str) -> tuple[str, ...]:
    """Return every zone of a country (ISO alpha-2, any case), sorted; none where the country is unknown."""
    return _zones_by_country().get(country.upper(), ())


def number_zones_of(phone: str) -> tuple[str, ...]:
    """Return the zones of a phone number's area (E.164), sorted; none where the number tells nothing."""
    if re.fullmatch(r"\+[1-9][0-9]{4,14}", phone) is None:
        return ()
    found = number_zones.time_zones_for_number(phonenumbers.parse(phone))
    return tuple(sorted(name for name in found if name in zone_names()))


def locate(*, zone: object = None, country: object = None, phone: str | None = None) -> Place | Unplaced:
    """Return the zones a customer may be in: the stated zone, else all of the country's, else the number's.

    `zone` and `country` are the customer's attributes as they were reported, whatever their type; `phone` is E.164.
    A zone that does not exist counts as not stated.
    """
    if isinstance(zone, str) and zone in zone_names():
        return Place((zone,), ZoneSource.ATTRIBUTE)
    if isinstance(country, str) and (zones := country_zones(country)):
        return Place(zones, ZoneSource.COUNTRY)
    if phone is not None and (zones := number_zones_of(phone)):
        return Place(zones, ZoneSource.NUMBER, NUMBER_MARGIN)
    return Unplaced("zone_unknown" if zone is None else "zone_not_a_zone")
