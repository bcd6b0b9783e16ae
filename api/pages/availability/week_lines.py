"""A week of windows as few lines: days in a row that are alike stand together. Pure."""

from collections.abc import Sequence
from itertools import groupby

from babel import Locale

from orchestrator.availability.hours import Weekly

# As the week is written in calendars; Babel counts from Monday.
_DAYS = (("sun", 6), ("mon", 0), ("tue", 1), ("wed", 2), ("thu", 3), ("fri", 4), ("sat", 5))
WHOLE_WEEK = 7


def week_lines(weekly: Weekly, locale: Locale) -> list[tuple[str | None, Sequence[str]]]:
    """Return `("Sun–Thu", ["09:00–20:00"])` and so on, Sunday first; the name is None where all days are alike."""
    width = "narrow" if locale.language == "he" else "abbreviated"
    names = locale.days["stand-alone"][width]
    lines: list[tuple[str | None, Sequence[str]]] = []
    for windows, same in groupby(_DAYS, key=lambda day: list(getattr(weekly, day[0]))):
        days = [str(names[number]) for _, number in same]
        shown = [window.replace("-", "–") for window in windows]
        span = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
        lines.append((None if len(days) == WHOLE_WEEK else span, shown))
    return lines
