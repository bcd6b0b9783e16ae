"""The forms of a customer's consent and do-not-call: what was typed, what it says, and what does not fit yet."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.statements import Basis, Scope
from orchestrator.errors import BadInput
from orchestrator.permissions.checking import Word
from orchestrator.permissions.forbidding import Ban


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


YES, NO, DEAL, DEAL_OVER = "yes", "no", "deal", "deal_over"
SAID = ((YES, _("Agreed")), (NO, _("Refused")), (DEAL, _("A deal is in force")), (DEAL_OVER, _("The deal is over")))
PURPOSES = ((Purpose.SERVICE.value, _("Service calls")), (Purpose.MARKETING.value, _("Marketing")))
MEDIA = (
    (Medium.VOICE_PERSON.value, _("A person calls")),
    (Medium.VOICE_RECORDED.value, _("Recorded voice")),
    (Medium.SMS.value, _("Text messages")),
)
BANS = (("forbid", _("Do not call any more")), ("allow", _("May be called again")))
CONSENT_FAULTS = {
    "purpose": _("Choose service or marketing, or a medium. A deal is about marketing."),
    "topic": _("Give the name of a moment, such as renewal_due; a deal needs one, elsewhere it may stay empty."),
    "proof": _("Say what shows it: a form, a recording, a letter."),
    "source": _("Say which channel or person it came through."),
    "given_at": _("Give a day that has come already, or leave it empty for now."),
    "expires_at": _("Give a day after the one it was said on; a deal needs one, a refusal has none."),
}
CONSENT_FIELDS = {"given_at": "given_on", "expires_at": "expires_on"}
BAN_FAULTS = {
    "topic": _("Give the name of a moment, such as renewal_due, or leave it empty for all topics; a number is for all topics."),
    "number": _("Give the number with its country, such as +14155550100, or leave it empty."),
    "proof": _("Say what shows that the customer may be called again: a letter, a recording."),
    "source": _("Say which channel or person it came through."),
}
BAN_FIELDS = {"topic": "ban_topic", "number": "ban_number", "proof": "ban_proof", "source": "ban_source"}


@dataclass(frozen=True, slots=True)
class ConsentForm:
    """The form as it was sent; days are those of the reader's clock."""

    said: str = YES
    purpose: str = ""
    medium: str = ""
    topic: str = ""
    proof: str = ""
    source: str = ""
    given_on: str = ""
    expires_on: str = ""

    def word(self, zone: str, now: datetime) -> Word:
        """Return what it says. Raises `BadInput` for a day that is none; the rest is checked as it is recorded."""
        purpose, medium = _choice(self.purpose, PURPOSES), _choice(self.medium, MEDIA)
        scope = Scope(
            None if purpose is None else Purpose(purpose),
            self.topic.strip() or None,
            None if medium is None else Medium(medium),
        )
        return Word(
            scope=scope,
            given=self.said in (YES, DEAL),
            basis=Basis.TRANSACTION if self.said in (DEAL, DEAL_OVER) else Basis.CONSENT,
            proof=self.proof,
            source=self.source.strip(),
            given_at=_begin(self.given_on, zone, now),
            expires_at=_end(self.expires_on, zone),
        )


@dataclass(frozen=True, slots=True)
class BanForm:
    """The form of do-not-call as it was sent."""

    ban: str = "forbid"
    ban_topic: str = ""
    ban_number: str = ""
    ban_proof: str = ""
    ban_source: str = ""

    def word(self) -> Ban:
        return Ban(
            forbidden=self.ban != "allow",
            topic=self.ban_topic.strip() or None,
            number=self.ban_number.strip() or None,
            proof=self.ban_proof,
            source=self.ban_source.strip(),
        )


def _choice(typed: str, options: tuple[tuple[str, str], ...]) -> str | None:
    return typed if typed in {value for value, _ in options} else None


def _begin(typed: str, zone: str, now: datetime) -> datetime | None:
    """Return the beginning of a day; of today, None: it was said just now."""
    day = _day(typed, "given_at")
    if day is None or day == now.astimezone(ZoneInfo(zone)).date():
        return None
    return datetime.combine(day, time(), ZoneInfo(zone))


def _end(typed: str, zone: str) -> datetime | None:
    """Return the end of a day: what lasts until a day lasts through it."""
    day = _day(typed, "expires_at")
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))


def _day(typed: str, field: str) -> date | None:
    if not typed.strip():
        return None
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        day = date.min
    if not 1900 <= day.year <= 2199:
        raise BadInput("this is no day", field=field, fix="write it like 2026-11-22")
    return day
