"""Durations and shares as rules write them: `20m`, `7d`, `5%`."""

import re
from datetime import timedelta
from fractions import Fraction

_DURATION = re.compile(r"([1-9][0-9]*)([smhd])")
_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)%")
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """Read `[1-9][0-9]*(s|m|h|d)`; a day is 24 hours. Raises `ValueError` for anything else and beyond 36500d."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError("a duration is a whole number from 1 and one of s, m, h, d, like 20m")
    count = int(match[1]) if len(match[1]) <= 12 else _LONGEST.days * 86_400 + 1
    unit = _UNITS[match[2]]
    if count > _LONGEST // unit:
        raise ValueError("a duration is at most 36500d")
    return count * unit


def parse_pause(text: str) -> timedelta:
    """Read a duration that may also be none at all: `0s`."""
    return timedelta(0) if text == "0s" else parse_duration(text)


def format_duration(duration: timedelta) -> str:
    """Write a whole number of seconds in the largest unit that needs no fraction; nothing is `0s`."""
    for name in ("d", "h", "m"):
        if duration and not duration % _UNITS[name]:
            return f"{duration // _UNITS[name]}{name}"
    return f"{duration // _UNITS['s']}s"


def parse_share(text: str) -> Fraction:
    """Read `0%` to `100%` as an exact fraction of one. Raises `ValueError`."""
    match = _SHARE.fullmatch(text) if len(text) <= 20 else None
    if match is None:
        raise ValueError("a share is a number and a percent sign, like 5%")
    share = Fraction(match[1]) / 100
    if share > 1:
        raise ValueError("a share is at most 100%")
    return share


def format_share(share: Fraction) -> str:
    hundredths = share * 100
    if hundredths.denominator == 1:
        return f"{hundredths.numerator}%"
    return f"{float(hundredths)!r}%"
