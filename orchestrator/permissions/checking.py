"""What can be recorded of a customer's wishes, and what is wrong with the rest. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime

from orchestrator.availability.intervals import check_reach
from orchestrator.availability.purposes import Purpose
from orchestrator.availability.statements import Basis, Scope
from orchestrator.availability.verdicts import shown
from orchestrator.errors import BadInput, Faults

_TOPIC = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_SPOKEN_OF = (Purpose.SERVICE, Purpose.MARKETING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What is to be recorded. `given_at` None: now. `source` is the channel or the person it came through."""

    scope: Scope
    given: bool
    basis: Basis = Basis.CONSENT
    proof: str | None = None
    source: str
    given_at: datetime | None = None
    expires_at: datetime | None = None


def check_word(word: Word, now: datetime) -> None:
    """Raise `BadInput` for what cannot be recorded, with each field at fault."""
    scope, faults = word.scope, Faults()
    with faults:
        if word.basis is Basis.REPORTED:
            raise BadInput("only what channels had reported is kept so", field="basis", fix="give consent or transaction")
    with faults:
        _check_scope(word)
    with faults:
        check_topic(scope.topic)
    with faults:
        check_proof(word.proof, needed=word.given)
    with faults:
        check_source(word.source)
    with faults:
        check_said_at(word.given_at, now, field="given_at")
    with faults:
        _check_expiry(word, now)
    faults.settle()


def check_topic(topic: str | None) -> None:
    if topic is not None and _TOPIC.fullmatch(topic) is None:
        fix = "give the name of a moment, such as renewal_due, or leave it out for all topics"
        raise BadInput("this is no topic", field="topic", fix=fix)


def check_proof(proof: str | None, *, needed: bool) -> None:
    if needed and not (proof or "").strip():
        raise BadInput("the proof is missing", field="proof", fix="say what shows it: a form, a recording, a letter")


def check_source(source: str) -> None:
    if not source.strip():
        raise BadInput("the source is missing", field="source", fix="name the channel or the person it came through")


def check_said_at(at: datetime | None, now: datetime, *, field: str) -> None:
    if at is not None:
        check_reach(at, field=field)
    if at is not None and at > now:
        raise BadInput("this lies in the future", field=field, fix=f"give when it was said, up to now ({shown(now)})")


def _check_scope(word: Word) -> None:
    scope = word.scope
    if word.basis is Basis.TRANSACTION:
        if scope.purpose is not Purpose.MARKETING:
            raise BadInput("a deal opens a registry for marketing alone", field="purpose", fix="give marketing")
        if scope.topic is None:
            raise BadInput("a deal is about one topic", field="topic", fix="give the name of the moment about it")
    if scope.purpose is not None and scope.purpose not in _SPOKEN_OF:
        fix = "give service or marketing, or leave it out where a medium is meant"
        raise BadInput("a callback that the customer asks for needs no consent", field="purpose", fix=fix)
    if scope.purpose is None and scope.medium is None:
        fix = "name a purpose or a medium; for no calls at all record do-not-call"
        raise BadInput("it does not say what this is about", field="purpose", fix=fix)


def _check_expiry(word: Word, now: datetime) -> None:
    if word.expires_at is None:
        if word.basis is Basis.TRANSACTION and word.given:
            raise BadInput("the end is missing", field="expires_at", fix="give when the deal ends")
        return
    if not word.given:
        raise BadInput("a refusal does not end by itself", field="expires_at", fix="leave it out")
    check_reach(word.expires_at, field="expires_at")
    if word.expires_at <= (word.given_at or now):
        raise BadInput("it ends before it begins", field="expires_at", fix="give a time after given_at, or leave it out")
