"""What a customer allowed and forbade, as a person reads it: said yes, said no, or never asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.availability.consent import Wishes
from orchestrator.availability.purposes import Medium, Purpose


class Said(StrEnum):
    YES = "yes"
    NO = "no"
    NEVER_SAID = "never_said"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was `said` about a purpose or a medium, and whether that lets us use it."""

    about: str
    said: Said
    allowed: bool


def known_wishes(attributes: Mapping[str, object]) -> list[Wish]:
    """Return the wishes about every purpose and medium that consent is asked for; do-not-call forbids every call."""
    wishes = Wishes.of(attributes)
    purposes = [
        Wish(purpose, _said(wishes, purpose), wishes.permit(purpose) and not wishes.do_not_call)
        for purpose in (Purpose.SERVICE, Purpose.MARKETING)
    ]
    media = [
        Wish(medium, _said(wishes, medium), wishes.permit_medium(medium)) for medium in (Medium.VOICE_RECORDED, Medium.SMS)
    ]
    return [*purposes, *media]


def _said(wishes: Wishes, about: str) -> Said:
    given = wishes.consent.get(about)
    return Said.NEVER_SAID if given is None else Said.YES if given else Said.NO
