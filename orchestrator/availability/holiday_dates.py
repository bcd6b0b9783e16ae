"""Public holidays as plain dates, by country (and its part) and year, with their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import holidays

from orchestrator.documents import nearest
from orchestrator.errors import BadInput


class UnknownHolidays(BadInput):
    """A country whose holidays the holiday database does not hold."""

    code = "unknown_holidays"


@cache
def holiday_countries() -> frozenset[str]:
    """Return the ISO alpha-2 codes of the countries whose holidays are known."""
    return frozenset(holidays.list_supported_countries(include_aliases=False))


def check_holiday_country(country: str) -> str:
    """Return `country` where its holidays are known. Raises `UnknownHolidays`."""
    if country in holiday_countries():
        return country
    near = nearest(country.upper(), sorted(holiday_countries()))
    fix = f"did you mean {near}?" if near else "give an ISO alpha-2 code such as IL, or list the dates in days"
    raise UnknownHolidays("no holidays are known for this country", field="holidays.country", fix=fix)


@dataclass(frozen=True, slots=True)
class HolidayName:
    """A holiday's name; in Hebrew as well where the database has it, else both are the same."""

    english: str
    hebrew: str


def check_subdivision(country: str, subdivision: str) -> str:
    """Return a part of a country (`CA` of the US) where its holidays are known. Raises `UnknownHolidays`."""
    known = holidays.list_supported_countries(include_aliases=False).get(country, [])
    if subdivision in known:
        return subdivision
    fix = f"known are {', '.join(known)}" if known else "leave it out: holidays here are the whole country's"
    raise UnknownHolidays("no holidays are known for this part", field="holidays.subdivision", fix=fix)


@cache
def holidays_in(country: str, year: int, subdivision: str | None = None) -> frozenset[date]:
    """Return the public holidays of a known country, or of a part of it, in one year."""
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


@cache
def holiday_names(country: str, year: int, subdivision: str | None = None) -> Mapping[date, HolidayName]:
    """Return the names of the public holidays of a known country, or of a part of it, in one year."""
    spoken = holidays.country_holidays(country, years=year).supported_languages or ()
    english = next((each for each in ("en_US", "en_GB", *spoken) if each in spoken and each.startswith("en")), None)
    names = holidays.country_holidays(country, subdiv=subdivision, years=year, language=english)
    hebrew = holidays.country_holidays(country, subdiv=subdivision, years=year, language="he") if "he" in spoken else names
    return {day: HolidayName(name, hebrew[day]) for day, name in sorted(names.items())}
