"""What customers said about being contacted, statement by statement: what a consent covers, and which refusal stands. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.availability.purposes import Medium, Purpose


class Basis(StrEnum):
    """What a statement rests on. Stored: never renamed."""

    CONSENT = "consent"  # the customer's own word, with its proof
    REPORTED = "reported"  # what channels had reported before the first word was recorded: nobody knows of when
    TRANSACTION = "transaction"  # a deal still in force: opens a registry for that topic, and is no consent


@dataclass(frozen=True, slots=True)
class Scope:
    """What a statement, or a contact, is about. None in a statement: all of them; `topic` is the name of a moment."""

    purpose: Purpose | None = None
    topic: str | None = None
    medium: Medium | None = None

    def covers(self, other: "Scope") -> bool:
        """Say whether all that `other` is about falls under this."""
        return (
            self.purpose in (None, other.purpose) and self.topic in (None, other.topic) and self.medium in (None, other.medium)
        )


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing a customer said: yes (`given`) or no, when, and until when (None: until something else is said)."""

    scope: Scope
    given: bool
    at: datetime
    expires_at: datetime | None = None
    basis: Basis = Basis.CONSENT

    def in_force(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at


def standing_refusal(said: Sequence[Statement], contact: Scope, now: datetime) -> Statement | None:
    """Return the newest refusal that stands against a contact, None where there is none. `said` is oldest first.

    A refusal is undone only by a later consent in force that covers the contact and names all that the refusal names: a
    general yes does not undo a particular no, a particular yes undoes a general no for what it is about.
    """
    standing: list[Statement] = []
    for one in _consents(said):
        if not one.scope.covers(contact):
            continue
        if not one.given:
            standing.append(one)
        elif one.in_force(now):
            standing = [no for no in standing if not no.scope.covers(one.scope)]
    return standing[-1] if standing else None


def consent_for(said: Sequence[Statement], contact: Scope, now: datetime, *, naming: Purpose | Medium) -> Statement | None:
    """Return the newest consent in force that covers the contact and names this purpose or medium.

    Of the statements about exactly the same, the newest alone counts: a consent that was limited later has its limit.
    """
    found = [one for one in _newest(said, contact) if one.given and _names(one.scope, naming) and one.in_force(now)]
    return found[-1] if found else None


def lapsed_consent(said: Sequence[Statement], contact: Scope, now: datetime, *, naming: Purpose | Medium) -> Statement | None:
    """Return the consent that covered the contact last and has expired, None where there was none."""
    found = [one for one in _newest(said, contact) if one.given and _names(one.scope, naming) and not one.in_force(now)]
    return found[-1] if found else None


def speak_of(said: Iterable[Statement], about: Purpose | Medium) -> bool:
    """Say whether anything was recorded that names this purpose or medium: then the records alone allow it."""
    return any(_names(one.scope, about) for one in _consents(said))


def transaction_for(said: Sequence[Statement], contact: Scope, now: datetime) -> Statement | None:
    """Return the deal in force that this contact is about. The newest word about the same deal counts: it may have ended."""
    deals = {one.scope: one for one in said if one.basis is Basis.TRANSACTION and one.scope.covers(contact)}
    return next((one for one in deals.values() if one.given and one.in_force(now)), None)


def proven_consent(said: Sequence[Statement], contact: Scope, now: datetime, *, valid: timedelta | None) -> Statement | None:
    """Return the consent to this contact's purpose that has a proof and is no older than `valid` (None: of any age)."""
    if contact.purpose is None:
        return None
    found = consent_for([one for one in said if one.basis is Basis.CONSENT], contact, now, naming=contact.purpose)
    return None if found is None or (valid is not None and now >= found.at + valid) else found


def _consents(said: Iterable[Statement]) -> list[Statement]:
    return [one for one in said if one.basis is not Basis.TRANSACTION]


def _newest(said: Sequence[Statement], contact: Scope) -> list[Statement]:
    newest: dict[Scope, Statement] = {}
    for one in _consents(said):
        if one.scope.covers(contact):
            newest.pop(one.scope, None)
            newest[one.scope] = one
    return list(newest.values())


def _names(scope: Scope, about: Purpose | Medium) -> bool:
    return (scope.purpose if isinstance(about, Purpose) else scope.medium) is about
