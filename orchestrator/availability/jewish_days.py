"""Days of the Jewish year that ask for rest or for quiet, as plain dates. Those of a date begin on the evening before."""

from datetime import date, timedelta
from functools import cache

import holidays

_DAY = timedelta(days=1)
_FRIDAY, _SUNDAY = 4, 6
_NO_REST = "Independence Day"  # a public holiday, and a working day to religious law
_ONE_DAY_EVERYWHERE = frozenset({"Rosh Hashanah", "Yom Kippur"})  # or two in Israel too


@cache
def _of_israel(year: int) -> dict[date, str]:
    return dict(holidays.country_holidays("IL", years=year, language="en_US"))


@cache
def rest_days(year: int, *, abroad: bool = False) -> frozenset[date]:
    """Return the holidays of a year on which work rests; `abroad` keeps the second days of those who live outside Israel."""
    days = {day: name for day, name in _of_israel(year).items() if not name.startswith(_NO_REST)}
    second = {day + _DAY for day, name in days.items() if abroad and name not in _ONE_DAY_EVERYWHERE}
    return frozenset(days) | second


def rests_on(day: date, *, abroad: bool = False) -> bool:
    """Say whether `day` is a Sabbath or a holiday of rest."""
    return day.weekday() == _FRIDAY + 1 or day in rest_days(day.year, abroad=abroad)


@cache
def memorial_days(year: int) -> frozenset[date]:
    """Return Holocaust Remembrance Day and Remembrance Day as Israel keeps them in `year`.

    The first is 27 Nisan, twelve days after Passover, moved off Friday and Sunday; the second the day before Independence Day.
    """
    found: set[date] = set()
    for day, name in _of_israel(year).items():
        if name == "Pesach":
            holocaust = day + 12 * _DAY
            moved = {_FRIDAY: -_DAY, _SUNDAY: _DAY}
            found.add(holocaust + moved.get(holocaust.weekday(), timedelta(0)))
        elif name.startswith(_NO_REST):
            found.add(day - _DAY)
    return frozenset(found)
