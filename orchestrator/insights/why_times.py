"""Times of a why-card that cannot be misread: with the day when it is another, and with whose clock when these differ. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from babel import dates

from orchestrator.escalations.words import Language


def by_when(at: datetime, language: Language, *, now: datetime, here: ZoneInfo, there: ZoneInfo | None) -> str:
    """Return `at` on the reader's clock (`here`), and on the customer's (`there`) where it shows another time."""
    own = _told(at, language, now=now, zone=here)
    if there is None or at.astimezone(there).replace(tzinfo=None) == at.astimezone(here).replace(tzinfo=None):
        return own
    other = _told(at, language, now=now, zone=there)
    return f"{own} your time ({other} there)" if language is Language.ENGLISH else f"{own} לפי השעון שלך ({other} שם)"


def _told(at: datetime, language: Language, *, now: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    if local.date() == now.astimezone(zone).date():
        return f"{local:%H:%M}"
    return f"{dates.format_skeleton('MMMEd', local, tzinfo=zone, locale=language.value)} {local:%H:%M}"
