"""Countries, their states, and the zones and cities of each: which place a word or a zone means."""

from functools import cache
from importlib import resources
from typing import NamedTuple

import holidays

from orchestrator.availability.hours import Day, Document
from orchestrator.availability.zones import country_zones, zone_names
from orchestrator.documents import read_document

# Territories that have a code of their own and the law of the country beside it.
_TERRITORIES = {each: ("US", each) for each in ("AS", "GU", "MP", "PR", "VI")}


class StatesDocument(Document):
    """The zones of each state, by country and state."""

    source: str
    reviewed: Day
    countries: dict[str, dict[str, list[str]]]


class Coordinates(NamedTuple):
    """Degrees, north and east positive."""

    latitude: float
    longitude: float


class Region(NamedTuple):
    """A country (ISO alpha-2), and one of its states where known, by the code the country writes."""

    country: str
    state: str | None = None


@cache
def states_document() -> StatesDocument:
    raw = resources.files("orchestrator.availability").joinpath("states.yaml").read_bytes()
    return read_document(raw, StatesDocument, name="states.yaml")


def is_country(code: str) -> bool:
    return bool(code.isupper() and country_zones(code))


def region(country: object, state: object = None) -> Region | None:
    """Return the place that attributes name, whatever their type and case; None where no country is meant.

    A state nobody knows counts as not stated.
    """
    if not isinstance(country, str) or not country_zones(country):
        return None
    code = country.upper()
    if code in _TERRITORIES:
        return Region(*_TERRITORIES[code])
    return Region(code, state_named(code, state) if isinstance(state, str) else None)


@cache
def state_named(country: str, text: str) -> str | None:
    """Return the code of a state from its code (`FL`, `US-FL`) or its name in the country's languages."""
    known = states_document().countries.get(country, {})
    names = holidays.country_holidays(country).subdivisions_aliases if known else {}
    told = text.strip().upper().removeprefix(f"{country}-")
    by_name = {name.upper(): code for name, code in names.items()}
    return told if told in known else next((code for name, code in by_name.items() if name == told and code in known), None)


def zones_of(place: Region) -> tuple[str, ...]:
    """Return every zone of the state, or of the country where its state is unknown or keeps no list, sorted."""
    known = states_document().countries.get(place.country, {}).get(place.state or "")
    return tuple(sorted(known)) if known else country_zones(place.country)


@cache
def _cities() -> dict[str, tuple[str, Coordinates]]:
    found: dict[str, tuple[str, Coordinates]] = {}
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, where, name = line.split("\t")[:3]
            found[name] = (country, _coordinates(where))
    return found


@cache
def _links() -> dict[str, str]:
    """Return what each old or second name of a zone stands for."""
    source = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="utf-8")
    return {words[2]: words[1] for words in map(str.split, source.splitlines()) if words[:1] == ["L"]}


def _coordinates(text: str) -> Coordinates:
    """Read `±DDMM±DDDMM` or `±DDMMSS±DDDMMSS` (ISO 6709)."""
    cut = max(text.rfind("+"), text.rfind("-"))
    return Coordinates(_degrees(text[:cut], 2), _degrees(text[cut:], 3))


def _degrees(text: str, digits: int) -> float:
    sign, rest = (-1 if text[0] == "-" else 1), text[1:]
    whole, minutes, seconds = rest[:digits], rest[digits : digits + 2], rest[digits + 2 :] or "0"
    return sign * (int(whole) + int(minutes) / 60 + int(seconds) / 3600)


def _city(zone: str) -> tuple[str, Coordinates] | None:
    known = _cities()
    return known.get(zone) or known.get(_links().get(zone, ""))


def region_of_zone(zone: str) -> Region | None:
    """Return the country a zone belongs to; None for zones of no country, such as `Etc/UTC`."""
    city = _city(zone)
    return None if city is None else region(city[0])


def city_of_zone(zone: str) -> Coordinates | None:
    """Return where the city a zone is named after lies; None for a zone without one."""
    city = _city(zone)
    return None if city is None or zone not in zone_names() else city[1]
