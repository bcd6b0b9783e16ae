"""How the figures of a sentence read, by language and clock: times, lengths, numbers, shares. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from orchestrator.escalations.words import Language

_EN, _HE = Language.ENGLISH, Language.HEBREW
_UNITS: tuple[tuple[timedelta, Mapping[Language, Mapping[str, str]]], ...] = (
    (
        timedelta(days=1),
        {_EN: {"one": "1 day", "other": "{} days"}, _HE: {"one": "יום", "two": "יומיים", "other": "{} ימים"}},
    ),
    (
        timedelta(hours=1),
        {_EN: {"one": "1 hour", "other": "{} hours"}, _HE: {"one": "שעה", "two": "שעתיים", "other": "{} שעות"}},
    ),
    (
        timedelta(minutes=1),
        {_EN: {"one": "1 minute", "other": "{} minutes"}, _HE: {"one": "דקה", "two": "שתי דקות", "other": "{} דקות"}},
    ),
    (
        timedelta(seconds=1),
        {_EN: {"one": "1 second", "other": "{} seconds"}, _HE: {"one": "שנייה", "two": "שתי שניות", "other": "{} שניות"}},
    ),
)
_LESS = {_EN: "less than a second", _HE: "פחות משנייה"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: their language, their clock, and the day on that clock that needs no naming."""

    language: Language
    zone: ZoneInfo
    today: date | None = None

    @property
    def is_hebrew(self) -> bool:
        return self.language is _HE

    def instant(self, at: datetime) -> str:
        """Return a time to the second, with its day where it is not `today`: `10:20:00`, `Jun 7, 2026, 10:20:00`."""
        clock = dates.format_time(at, "HH:mm:ss", tzinfo=self.zone, locale=self.language.value)
        if at.astimezone(self.zone).date() == self.today:
            return clock
        day = dates.format_date(at.astimezone(self.zone).date(), "medium", locale=self.language.value)
        return f"{day}, {clock}"

    def span(self, length: timedelta) -> str:
        """Return a length in its largest two units: `40 seconds`, `1 hour and 5 minutes`."""
        locale, parts, left = Locale.parse(self.language.value), [], length
        for unit, forms in _UNITS:
            count, left = divmod(left, unit)
            if count:
                own = forms[self.language]
                parts.append(own.get(locale.plural_form(count), own["other"]).format(count))
        if not parts:
            return _LESS[self.language]
        return parts[0] if len(parts) == 1 else f"{parts[0]} and {parts[1]}" if not self.is_hebrew else _joined(*parts[:2])

    def number(self, value: float | Fraction) -> str:
        return numbers.format_decimal(float(value), locale=self.language.value)

    def share(self, value: Fraction) -> str:
        return numbers.format_percent(float(value), "#,##0.##%", locale=self.language.value)


def _joined(first: str, second: str) -> str:
    return f"{first} ו{'־' if second[0].isdigit() else ''}{second}"
