"""Times of a why-card that cannot be misread: with the day when it is another, and with whose clock when these differ. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel import dates

from orchestrator.escalations.words import Language


def by_when(at: datetime, language: Language, *, now: datetime, here: ZoneInfo, there: ZoneInfo | None) -> str:
    """Return `at` on the reader's clock (`here`), and on the customer's (`there`) where it shows another time."""
    own, other = at.astimezone(here), None if there is None else at.astimezone(there)
    told = _told(own, language, dated=own.date() != now.astimezone(here).date())
    if other is None or other.replace(tzinfo=None) == own.replace(tzinfo=None):
        return told
    far = _told(other, language, dated=other.date() != own.date())
    return f"{told} your time ({far} there)" if language is Language.ENGLISH else f"{told} לפי השעון שלך ({far} שם)"


def _told(local: datetime, language: Language, *, dated: bool) -> str:
    if not dated:
        return f"{local:%H:%M}"
    return f"{dates.format_skeleton('MMMEd', local, tzinfo=local.tzinfo, locale=language.value)} {local:%H:%M}"
