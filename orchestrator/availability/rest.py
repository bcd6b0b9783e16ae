"""Sabbath and holidays as rest: from candle lighting on the evening before to nightfall, by the sun where the customer is."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from astral import Observer, sun

from orchestrator.availability.intervals import Interval, Intervals, clip, normalise
from orchestrator.availability.jewish_days import rests_on
from orchestrator.availability.places import Coordinates, city_of_zone
from orchestrator.availability.windows import Always, Difference, Intersection, Remembered, Windows
from orchestrator.availability.zones import zone as zone_named

_DAY = timedelta(days=1)
# Candles are lit 18 minutes before sunset, in Jerusalem 40; stars are out when the sun is 8.5° below the horizon (notes, 6).
_BEFORE_SUNSET = timedelta(minutes=18)
_IN_JERUSALEM = timedelta(minutes=40)
_JERUSALEM = Coordinates(31.78, 35.22)
_NEAR = 0.12  # degrees, some twelve kilometres
_NIGHTFALL = 8.5
# Where the sun tells nothing, since it does not set or nobody knows where: from noon before until the morning after.
_SAFE_FROM, _SAFE_UNTIL = time(12), time(6)


class Observance(StrEnum):
    """What a customer keeps, as `preferences.rest` says it."""

    NONE = "none"
    SABBATH = "sabbath"  # and holidays as they are kept in Israel
    SABBATH_ABROAD = "sabbath_abroad"  # and holidays of two days


class Rest(Windows):
    """The instants of rest at a place: at `where`, by the clock of `zone`. Dates are computed when first asked for."""

    def __init__(self, zone: ZoneInfo, where: Coordinates | None, *, abroad: bool) -> None:
        self._zone, self._where, self._abroad = zone, where, abroad

    def between(self, after: datetime, before: datetime) -> Intervals:
        day, last = after.date() - 2 * _DAY, before.date() + 2 * _DAY
        found: list[Interval] = []
        while day <= last:
            if rests_on(day, abroad=self._abroad):
                found.append(Interval(self.lighting(day - _DAY), self.nightfall(day)))
            day += _DAY
        return clip(normalise(found), after, before)

    def lighting(self, eve: date) -> datetime:
        """Return when candles are lit on `eve` (UTC)."""
        sets = None if self._where is None else _sunset(self._where, eve, self._zone, 0)
        if sets is None:
            return datetime.combine(eve, _SAFE_FROM, self._zone).astimezone(UTC)
        return sets - (_IN_JERUSALEM if self._where is not None and _in_jerusalem(self._where) else _BEFORE_SUNSET)

    def nightfall(self, day: date) -> datetime:
        """Return when `day` is out (UTC)."""
        out = None if self._where is None else _sunset(self._where, day, self._zone, _NIGHTFALL)
        return datetime.combine(day + _DAY, _SAFE_UNTIL, self._zone).astimezone(UTC) if out is None else out


def awake(zones: tuple[str, ...], observance: Observance, where: Coordinates | None = None) -> Windows | None:
    """Return the times at which a customer who keeps `observance` does not rest in any of `zones`; None: there is no rest.

    `where` is the customer's place, the city of each zone where it is not known.
    """
    if observance is Observance.NONE:
        return None
    parts = [_awake(name, where or city_of_zone(name), observance is Observance.SABBATH_ABROAD) for name in zones]
    return parts[0] if len(parts) == 1 else Intersection(*parts)


@cache
def _awake_in(zone: str, where: Coordinates | None, abroad: bool) -> Windows:
    return Remembered(Difference(Always(), Rest(zone_named(zone), where, abroad=abroad)))


def _awake(zone: str, where: Coordinates | None, abroad: bool) -> Windows:
    # Rounded to some kilometres, so that customers of one town share what is computed: seconds, by the sun.
    return _awake_in(zone, where and Coordinates(round(where.latitude, 1), round(where.longitude, 1)), abroad)


def _in_jerusalem(where: Coordinates) -> bool:
    return abs(where.latitude - _JERUSALEM.latitude) < _NEAR and abs(where.longitude - _JERUSALEM.longitude) < _NEAR


def _sunset(where: Coordinates, day: date, zone: ZoneInfo, depression: float) -> datetime | None:
    """Return when the sun sets on the evening of `day`, or stands `depression` degrees below; None where it never does."""
    observer = Observer(where.latitude, where.longitude)
    clock = _evening_clock(where, day, zone)
    try:
        found = sun.dusk(observer, day, depression, clock) if depression else sun.sunset(observer, day, clock)
    except ValueError:
        return None
    return found.astimezone(UTC)


def _evening_clock(where: Coordinates, day: date, zone: ZoneInfo) -> timezone:
    """Return solar time, on the side of the date line where `zone` is: by it every evening ends before the date does.

    astral looks for an event within one date. Stars that come out past midnight, by the minutes in which the sun is late, come
    out on the first night dark enough for them: the night before has none, and none is found.
    """
    civil = datetime.combine(day, time(18), zone).utcoffset() or timedelta(0)
    solar = timedelta(minutes=round(where.longitude * 4))
    return timezone(solar + round((civil - solar) / _DAY) * _DAY)
