"""Public holidays as plain dates, by country and year."""

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


@cache
def holidays_in(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a known country in one year."""
    return frozenset(holidays.country_holidays(country, years=year))
