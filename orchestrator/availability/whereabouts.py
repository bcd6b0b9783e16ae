"""Where a customer is, as far as anybody can tell: the zones that may be theirs, and the country whose rules hold.

The stated address comes first, then the profile, then the number. An address and a profile that contradict each other leave
only times that are allowed by both. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import phonenumbers

from orchestrator.availability.places import Coordinates, Region, region, region_of_zone, zones_of
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.zones import Place, ZoneSource, locate, zone_names

_SHOWN_ZONES = 3


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`region` is the country whose hours hold, None where nobody can tell; `at` where the address is, if it says so."""

    place: Place | Unplaced
    region: Region | None = None
    at: Coordinates | None = None

    @property
    def zones(self) -> tuple[str, ...]:
        return () if isinstance(self.place, Unplaced) else self.place.zones

    def figures(self) -> dict[str, str]:
        """Return the zones and how they were found, as verdicts keep them: many zones are cut to the first three."""
        if isinstance(self.place, Unplaced):
            return {}
        more = ", …" if len(self.zones) > _SHOWN_ZONES else ""
        return {"zones": ", ".join(self.zones[:_SHOWN_ZONES]) + more, "zone_from": self.place.source.value}


def whereabouts(attributes: Mapping[str, object], *, phone: str | None = None) -> Whereabouts:
    """Return where a customer is by their attributes `address`, `zone`, `country`, `state` and their number (E.164).

    `address` may hold `zone`, `country`, `state`, `latitude` and `longitude`. Whatever cannot be read counts as not stated.
    """
    told = attributes.get("address")
    address: Mapping[str, object] = told if isinstance(told, Mapping) else {}
    lives = region(address.get("country"), address.get("state"))
    profile = region(attributes.get("country"), attributes.get("state"))
    zone = attributes.get("zone")
    known = _addressed(address, lives, zone) or _profiled(zone, profile) or locate(zone=zone, phone=phone)
    country = lives or _of_zone(address.get("zone")) or profile
    if country is None and not isinstance(known, Unplaced):
        country = _of_number(phone) if known.source is ZoneSource.NUMBER else _of_zone(zone)
    return Whereabouts(known, country, _coordinates(address))


def _addressed(address: Mapping[str, object], lives: Region | None, zone: object) -> Place | None:
    """Return the zones of the address. The profile's zone picks one of several, and joins them where it is none of them."""
    named = address.get("zone")
    if isinstance(named, str) and named in zone_names():
        zones: tuple[str, ...] = (named,)
    elif lives is not None:
        zones = zones_of(lives)
    else:
        return None
    if isinstance(zone, str) and zone in zone_names():
        zones = (zone,) if zone in zones else tuple(sorted({*zones, zone}))
    return Place(zones, ZoneSource.ADDRESS)


def _profiled(zone: object, profile: Region | None) -> Place | None:
    if profile is None or (isinstance(zone, str) and zone in zone_names()):
        return None
    return Place(zones_of(profile), ZoneSource.COUNTRY if profile.state is None else ZoneSource.STATE)


def _of_zone(zone: object) -> Region | None:
    return region_of_zone(zone) if isinstance(zone, str) and zone in zone_names() else None


def _of_number(phone: str | None) -> Region | None:
    return None if phone is None else region(phonenumbers.region_code_for_number(phonenumbers.parse(phone)))


def _coordinates(address: Mapping[str, object]) -> Coordinates | None:
    latitude, longitude = address.get("latitude"), address.get("longitude")
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return Coordinates(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
