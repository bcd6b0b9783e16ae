"""Public holidays of a customer's place: of the country, and of the state where it is known."""

from datetime import date
from functools import cache

import holidays


@cache
def knows_holidays(country: str) -> bool:
    """Say whether the holiday database holds a country. Listing all it holds would load every one of them: half a second."""
    try:
        return bool(holidays.country_holidays(country).country)
    except NotImplementedError:
        return False


@cache
def _states(country: str) -> frozenset[str]:
    return frozenset(holidays.country_holidays(country).subdivisions)


@cache
def _in_year(country: str, state: str | None, year: int) -> frozenset[date]:
    known = state if state in _states(country) else None
    return frozenset(holidays.country_holidays(country, subdiv=known, years=year))


def is_holiday(day: date, country: str, state: str | None = None) -> bool:
    """Say whether `day` is a public holiday there. A state the holiday database does not hold counts as unknown."""
    return day in _in_year(country, state, day.year)
