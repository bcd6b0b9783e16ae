"""Which of a customer's reasons may be raised in a call, and what may not be spoken of. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from orchestrator.availability.consent import Wishes
from orchestrator.availability.permission import may_speak_of
from orchestrator.availability.purposes import Purpose
from orchestrator.availability.statements import Statement
from orchestrator.escalations.words import Language

BY_CONSENT = "suppressed:consent"
_WHY = {
    (Purpose.MARKETING, False): ("The customer refused offers.", "התקבל סירוב להצעות."),
    (Purpose.MARKETING, None): ("The customer has not agreed to offers.", "לא התקבלה הסכמה להצעות."),
    (Purpose.SERVICE, False): ("The customer refused calls about service.", "התקבל סירוב לשיחות בענייני שירות."),
}
_NO_OFFERS = ("Offers and sales of any kind", "הצעות ומכירה מכל סוג")
_OTHERWISE = ("The customer's consent does not cover it.", "ההסכמה שניתנה אינה כוללת זאת.")


class Raisable(Protocol):
    """What decides whether a moment may be spoken of."""

    @property
    def purpose(self) -> str: ...
    @property
    def moment(self) -> str: ...
    @property
    def verdict(self) -> str: ...


Candidate = TypeVar("Candidate", bound=Raisable)


@dataclass(frozen=True, slots=True)
class Unraised:
    """What may not be raised, and why."""

    what: str
    why: str


def parted(
    moments: Iterable[Candidate], attributes: Mapping[str, object], said: tuple[Statement, ...], now: datetime
) -> tuple[list[Candidate], list[Candidate]]:
    """Return the moments that may be raised, and those that may not, by what is reported and what is on record."""
    wishes = Wishes.of(attributes)
    may: list[Candidate] = []
    may_not: list[Candidate] = []
    for moment in moments:
        allowed = moment.verdict != BY_CONSENT and may_speak_of(Purpose(moment.purpose), moment.moment, wishes, said, now)
        (may if allowed else may_not).append(moment)
    return may, may_not


def reason(purpose: str, attributes: Mapping[str, object], language: Language) -> str:
    """Return why a moment of this purpose may not be raised."""
    said = Wishes.of(attributes).consent.get(purpose)
    return _WHY.get((Purpose(purpose), said), _OTHERWISE)[language is Language.HEBREW]


def no_offers(
    attributes: Mapping[str, object], language: Language, said: tuple[Statement, ...], now: datetime
) -> Unraised | None:
    """Return the line that forbids every offer, where the customer's consent does not cover them."""
    if may_speak_of(Purpose.MARKETING, None, Wishes.of(attributes), said, now):
        return None
    return Unraised(_NO_OFFERS[language is Language.HEBREW], reason(Purpose.MARKETING, attributes, language))
