"""Recording what a customer agreed to or refused: a line for good, the attributes beside it, and what it takes back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.statements import Basis, Scope, standing_refusal
from orchestrator.detection.tables import MomentRow
from orchestrator.identity.changes import Who, note_change
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.checking import Word, check_word
from orchestrator.permissions.reading import consents_of, statement_of
from orchestrator.permissions.tables import ConsentRow
from orchestrator.permissions.withdrawing import take_back
from orchestrator.storage.clock import Clock
from orchestrator.storage.columns import Json
from orchestrator.storage.locks import lock_customer

ATTRIBUTES = "attributes"  # the source of what channels had reported before anything was recorded


async def record_consent(session: AsyncSession, customer_id: UUID, word: Word, *, who: Who, clock: Clock) -> ConsentRow:
    """Write one statement down; what it forbids is withdrawn in the same transaction.

    What channels had reported about the same is written down before it, so that it is not lost. Raises `BadInput` with each
    field at fault, and `NoSuchCustomer`.
    """
    customer = await lock_customer(session, customer_id)
    now = await clock.now(session)
    check_word(word, now)
    before = await consents_of(session, customer.id)
    at = word.given_at or now
    _adopt(session, customer, word, before, at=at, now=now)
    row = _row(customer, word, at=at, who=who, now=now)
    session.add(row)
    await session.flush()
    await _follow(session, customer, row, now=now)
    last = [each for each in before if (each.purpose, each.topic, each.medium, each.basis) == _about(row)]
    told = _told(last[-1]) if last else None
    what = "consent.recorded"
    await note_change(session, who=who, what=what, subject=str(customer.id), before=told, after=_told(row), now=now)
    return row


def _adopt(
    session: AsyncSession, customer: CustomerRow, word: Word, before: Sequence[ConsentRow], *, at: datetime, now: datetime
) -> None:
    """Write down what the attributes say of the same, where that is not on record.

    A yes is taken to be older than the word, a no to be of this moment: the more restrictive of both.
    """
    for about, scope in _keys(word):
        told = _reported(customer, about)
        general = [row.given for row in before if (row.purpose, row.topic, row.medium) == (scope.purpose, None, scope.medium)]
        known = [row for row in before if about in (row.purpose, row.medium) and row.basis is not Basis.TRANSACTION]
        if (told is True and not known) or (told is False and general[-1:] != [False]):
            reported = Word(scope=scope, given=told, basis=Basis.REPORTED, source=ATTRIBUTES)
            session.add(_row(customer, reported, at=min(at, now) if told else now, who=ATTRIBUTES, now=now))


async def _follow(session: AsyncSession, customer: CustomerRow, row: ConsentRow, *, now: datetime) -> None:
    """Let attributes and open cases follow a statement, unless a newer one stands against it."""
    if row.basis is Basis.TRANSACTION:
        return
    said = [statement_of(each) for each in await consents_of(session, customer.id)]
    scope = Scope(row.purpose, row.topic, row.medium)
    refusal = standing_refusal(said, scope, now)
    stands = refusal is None if row.given else refusal is not None
    if not stands or (row.expires_at is not None and row.expires_at <= now):
        return
    general = row.topic is None and (row.purpose is None or row.medium is None)
    for about, _ in _keys(Word(scope=scope, given=row.given, source=row.source)):
        if row.given or general:
            _report(customer, about, row.given)
    session.add(customer)
    if not row.given:
        await take_back(session, customer, lambda moment: _forbids(scope, moment), now=now)


def _keys(word: Word) -> list[tuple[Purpose | Medium, Scope]]:
    """Return the attributes that speak of the same as a statement, each with all that it is about."""
    if word.basis is Basis.TRANSACTION:
        return []
    purpose, medium = word.scope.purpose, word.scope.medium
    keys: list[tuple[Purpose | Medium, Scope]] = [] if purpose is None else [(purpose, Scope(purpose))]
    return keys + ([] if medium in (None, Medium.VOICE_PERSON) else [(medium, Scope(medium=medium))])


def _forbids(scope: Scope, moment: MomentRow) -> bool:
    """Say whether a refusal leaves no way to speak of a moment; one of a medium alone leaves the others."""
    return scope.medium is None and scope.covers(Scope(Purpose(moment.purpose), moment.moment))


def _reported(customer: CustomerRow, about: Purpose | Medium) -> bool | None:
    consent = customer.attributes.get("consent")
    told = consent.get(about.value) if isinstance(consent, dict) else None
    return told if isinstance(told, bool) else None


def _report(customer: CustomerRow, about: Purpose | Medium, given: bool) -> None:
    consent = customer.attributes.get("consent")
    known = consent if isinstance(consent, dict) else {}
    customer.attributes = {**customer.attributes, "consent": {**known, about.value: given}}


def _row(customer: CustomerRow, word: Word, *, at: datetime, who: Who, now: datetime) -> ConsentRow:
    return ConsentRow(
        customer_id=customer.id,
        purpose=word.scope.purpose,
        topic=word.scope.topic,
        medium=word.scope.medium,
        given=word.given,
        basis=word.basis,
        proof=(word.proof or "").strip() or None,
        source=word.source,
        given_at=at,
        expires_at=word.expires_at,
        recorded_at=now,
        recorded_by=who if isinstance(who, str) else who.login,
    )


def _about(row: ConsentRow) -> tuple[Purpose | None, str | None, Medium | None, Basis]:
    return row.purpose, row.topic, row.medium, row.basis


def _told(row: ConsentRow) -> Json:
    """Return a statement as the audit keeps it: never the proof, which is personal."""
    return {
        "purpose": row.purpose and row.purpose.value,
        "topic": row.topic,
        "medium": row.medium and row.medium.value,
        "given": row.given,
        "basis": row.basis.value,
        "given_at": row.given_at.isoformat(),
        "expires_at": row.expires_at and row.expires_at.isoformat(),
    }
