"""How often the law lets somebody be called, by country and state: data that was reviewed, with its sources."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import phonenumbers
from pydantic import Field

from orchestrator.availability.hours import Day
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Cap
from orchestrator.detection.documents import Duration, Strict
from orchestrator.documents import read_document

_CALLS = frozenset({Medium.VOICE_PERSON, Medium.VOICE_RECORDED})
_AreaCode = Annotated[str, Field(pattern=r"^[2-9][0-9]{2}$")]


class CountryCap(Strict):
    """So many calls within so long. `state` None: all of the country. `area_codes` are those of the state's numbers."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    state: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    name: Mapping[str, str]  # by language
    limit: Annotated[int, Field(ge=1)]
    within: Duration
    subject: Literal["same"] | None = None
    note: str
    source: str
    area_codes: list[_AreaCode] = Field(default_factory=list)

    @property
    def place(self) -> str:
        """Where it holds, such as `FR` or `US-FL`."""
        return self.country if self.state is None else f"{self.country}-{self.state}"

    def holds_for(self, *, country: str, state: str | None, area_code: str | None) -> bool:
        """Tell whether somebody there is protected by it; who told no state is placed by their number."""
        if country != self.country:
            return False
        if self.state is None:
            return True
        if state is None:
            return area_code in self.area_codes
        told = state.strip().upper().removeprefix(f"{self.country}-")
        return told in {self.state, *(name.upper() for name in self.name.values())}

    def as_cap(self) -> Cap:
        return Cap(self.limit, self.within, same_subject=self.subject is not None, media=_CALLS, law=self.place)


class CountryCapBook(Strict):
    """All of them, and when somebody last looked whether they still hold."""

    reviewed: Day
    caps: list[CountryCap]


@cache
def country_caps() -> CountryCapBook:
    """Return the caps we ship."""
    raw = resources.files("orchestrator.availability").joinpath("country_caps.yaml").read_bytes()
    return read_document(raw, CountryCapBook, name="country_caps.yaml")


def place_name(place: str, language: str) -> str:
    """Return the name of a place such as `US-FL`; one that no cap names any more stays as it is."""
    return next((each.name.get(language, place) for each in country_caps().caps if each.place == place), place)


def caps_by_law(*, purpose: Purpose, country: object, state: object, phone: str | None) -> tuple[Cap, ...]:
    """Return the caps that hold for marketing where the customer is; for any other purpose none.

    `country` and `state` are the customer's attributes as they were reported, whatever their type; `phone` is E.164 and
    tells the country where none was reported.
    """
    if purpose is not Purpose.MARKETING:
        return ()
    region, area_code = _placed(phone)
    there = country.strip().upper() if isinstance(country, str) and country.strip() else region
    told = state if isinstance(state, str) and state.strip() else None
    if there is None:
        return ()
    known = (each for each in country_caps().caps if each.holds_for(country=there, state=told, area_code=area_code))
    return tuple(each.as_cap() for each in known)


def _placed(phone: str | None) -> tuple[str | None, str | None]:
    """Return the country a number was given out in, and within North America its area code."""
    if phone is None:
        return None, None
    region = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    return region, phone[2:5] if phone.startswith("+1") else None
