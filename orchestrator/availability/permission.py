"""The gates of consent and do-not-call: what the customer said, and what the law asks of marketing. Pure.

The most restrictive word wins (docs/adr/030): a refusal on record or in the attributes refuses; where anything is on record
for a purpose or a medium, the records alone allow it; where nothing is, the attributes do.
"""

from datetime import datetime

from orchestrator.availability.consent import Wishes
from orchestrator.availability.marketing_rules import Listing
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Situation
from orchestrator.availability.statements import (
    Scope,
    Statement,
    consent_for,
    lapsed_consent,
    proven_consent,
    speak_of,
    standing_refusal,
    transaction_for,
)
from orchestrator.availability.verdicts import Figure, GateCode, GateState, Verdict, shown
from orchestrator.availability.windows import Always

_SPEECH = {Medium.VOICE_RECORDED, Medium.SMS}  # the media that attributes speak of
# The refusals that leave the other media: a plan may go on by another of its steps.
OF_THE_MEDIUM = frozenset(
    {"medium_refused", "medium_refused_on", "medium_missing", "medium_expired", "topic_by_medium_refused"}
)


def consent(situation: Situation, now: datetime) -> Verdict:
    refusal = _refusal_by_attributes(situation) or _refusal_on_record(situation, now)
    return refusal or _missing_purpose(situation, now) or _missing_medium(situation, now) or _given(situation, now)


def may_speak_of(purpose: Purpose, subject: str | None, wishes: Wishes, said: tuple[Statement, ...], now: datetime) -> bool:
    """Say whether consent lets a person speak with the customer about this, whatever the call was made for."""
    medium = Medium.VOICE_PERSON
    asked = Situation(purpose=purpose, medium=medium, calling=Always(), subject=subject, wishes=wishes, said=said)
    return consent(asked, now).state is GateState.OPEN


def may_be_led_by(
    purpose: Purpose, subject: str, wishes: Wishes, said: tuple[Statement, ...], *, asked_at: datetime, now: datetime
) -> bool:
    """Say whether a case may be about this at all: a refusal of one medium leaves the others, do-not-call about it does not."""
    if wishes.forbid_topic(purpose, requested_at=asked_at):
        return False
    medium = Medium.VOICE_PERSON
    asked = Situation(purpose=purpose, medium=medium, calling=Always(), subject=subject, wishes=wishes, said=said)
    verdict = consent(asked, now)
    return verdict.state is GateState.OPEN or verdict.why in OF_THE_MEDIUM


def do_not_call(situation: Situation, now: datetime) -> Verdict:
    wishes, asked = situation.wishes, situation.requested_at
    if wishes.number_blocked:
        return _not_called(GateState.REFUSED, "number_blocked")
    if wishes.forbid_calls(situation.purpose, requested_at=asked):
        return _not_called(GateState.REFUSED, "do_not_call")
    if wishes.forbid_topic(situation.purpose, requested_at=asked):
        return _not_called(GateState.REFUSED, "topic_blocked", topic=situation.subject or "")
    if situation.purpose is Purpose.MARKETING:
        return _left_alone(situation, now) or _registered(situation, now) or _not_called(GateState.OPEN, "may_be_called")
    despite = wishes.do_not_call or wishes.topic_forbidden_since is not None
    return _not_called(GateState.OPEN, "requested_despite" if despite else "may_be_called")


def _contact(situation: Situation) -> Scope:
    return Scope(situation.purpose, situation.subject, situation.medium)


def _refusal_by_attributes(situation: Situation) -> Verdict | None:
    said, purpose, medium = situation.wishes.consent, situation.purpose, situation.medium
    if purpose is not Purpose.REQUESTED_CALLBACK and said.get(purpose) is False:
        return _consent(GateState.REFUSED, "consent_refused", purpose=purpose.value)
    if medium in _SPEECH and said.get(medium) is False:
        return _consent(GateState.REFUSED, "medium_refused", medium=medium.value)
    return None


def _refusal_on_record(situation: Situation, now: datetime) -> Verdict | None:
    found = standing_refusal(situation.said, _contact(situation), now)
    if found is None:
        return None
    scope, since = found.scope, shown(found.at)
    if scope.topic is not None and scope.medium is not None:
        medium = scope.medium.value
        return _consent(GateState.REFUSED, "topic_by_medium_refused", topic=scope.topic, medium=medium, since=since)
    if scope.topic is not None:
        return _consent(GateState.REFUSED, "topic_refused", topic=scope.topic, since=since)
    if scope.medium is not None:
        return _consent(GateState.REFUSED, "medium_refused_on", medium=scope.medium.value, since=since)
    return _consent(GateState.REFUSED, "consent_refused_on", purpose=situation.purpose.value, since=since)


def _missing_purpose(situation: Situation, now: datetime) -> Verdict | None:
    purpose = situation.purpose
    if purpose is not Purpose.MARKETING:
        return None
    if not speak_of(situation.said, purpose):
        return (
            None if situation.wishes.permit(purpose) else _consent(GateState.REFUSED, "consent_missing", purpose=purpose.value)
        )
    contact = _contact(situation)
    if consent_for(situation.said, contact, now, naming=purpose) is not None:
        return None
    if (lapsed := lapsed_consent(situation.said, contact, now, naming=purpose)) is not None:
        return _consent(GateState.REFUSED, "consent_expired", purpose=purpose.value, expires=_end(lapsed))
    return _consent(GateState.REFUSED, "consent_elsewhere", purpose=purpose.value)


def _missing_medium(situation: Situation, now: datetime) -> Verdict | None:
    medium = situation.medium
    if not speak_of(situation.said, medium):
        allowed = situation.wishes.permit_medium(medium)
        return None if allowed else _consent(GateState.REFUSED, "medium_missing", medium=medium.value)
    if medium is not Medium.VOICE_RECORDED:
        return None
    contact = _contact(situation)
    if consent_for(situation.said, contact, now, naming=medium) is not None:
        return None
    if (lapsed := lapsed_consent(situation.said, contact, now, naming=medium)) is not None:
        return _consent(GateState.REFUSED, "medium_expired", medium=medium.value, expires=_end(lapsed))
    return _consent(GateState.REFUSED, "medium_missing", medium=medium.value)


def _given(situation: Situation, now: datetime) -> Verdict:
    purpose = situation.purpose
    if purpose is Purpose.REQUESTED_CALLBACK:
        return _consent(GateState.OPEN, "consent_not_needed")
    found = consent_for(situation.said, _contact(situation), now, naming=purpose)
    if found is None:
        return _consent(GateState.OPEN, "consent_given", purpose=purpose.value)
    if found.expires_at is None:
        return _consent(GateState.OPEN, "consent_on_record", purpose=purpose.value, since=shown(found.at))
    return _consent(GateState.OPEN, "consent_until", purpose=purpose.value, since=shown(found.at), expires=_end(found))


def _left_alone(situation: Situation, now: datetime) -> Verdict | None:
    """Refuse while a customer who declined is left alone; over when now ≥ until."""
    peace = situation.peace
    if peace is None or now >= peace.until:
        return None
    return _not_called(GateState.REFUSED, "declined_lately", since=shown(peace.declined), until=shown(peace.until))


def _registered(situation: Situation, now: datetime) -> Verdict | None:
    """Say what the registry says; None where none binds. A number that an old list holds is refused all the same."""
    listing = situation.listing
    if listing is None or not situation.medium.is_voice:
        return None
    name = listing.rule.name
    contact = _contact(situation)
    if (found := proven_consent(situation.said, contact, now, valid=listing.rule.consent_valid)) is not None:
        return _not_called(GateState.OPEN, "registry_consent", registry=name, since=shown(found.at))
    if _deal_opens(listing, situation.said, contact, now):
        return _not_called(GateState.OPEN, "registry_transaction", registry=name)
    if listing.listed:
        return _not_called(GateState.REFUSED, "registered_renewal" if listing.renewal else "registered", registry=name)
    if listing.as_of is None:
        return _not_called(GateState.CLOSED, "registry_absent", registry=name)
    age, limit = (now - listing.as_of).days, listing.rule.max_age_days
    if listing.is_stale(now):
        return _not_called(GateState.CLOSED, "registry_stale", registry=name, age=age, days=limit)
    return _not_called(GateState.OPEN, "not_registered", registry=name, since=shown(listing.as_of))


def _deal_opens(listing: Listing, said: tuple[Statement, ...], contact: Scope, now: datetime) -> bool:
    if not listing.rule.transaction or (listing.renewal and listing.rule.renewal_needs_consent):
        return False
    return transaction_for(said, contact, now) is not None


def _end(statement: Statement) -> str:
    return shown(statement.expires_at or statement.at)


def _consent(state: GateState, why: str, **figures: Figure) -> Verdict:
    return Verdict(GateCode.CONSENT, state, why, figures)


def _not_called(state: GateState, why: str, **figures: Figure) -> Verdict:
    return Verdict(GateCode.DO_NOT_CALL, state, why, figures)
