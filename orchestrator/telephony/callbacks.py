"""What the carrier tells us about calls: each webhook is one transaction, and may come early, late, twice or in any order.

The caller has verified the signature. Nothing here waits for anybody else: the row is moved, the outbox is written, and the
answer is a pure function of the row.
"""

from datetime import datetime
from hashlib import sha256

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.telephony import attempts
from orchestrator.telephony.attempts import Report
from orchestrator.telephony.changes import Changes, Move
from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.repository import (
    Case,
    attempt_of_sid,
    attempt_of_token,
    keep_callback,
    lock_case,
    lock_room,
)
from orchestrator.telephony.signatures import Form, NotFromCarrier
from orchestrator.telephony.tables import AttemptRow, Leg
from orchestrator.telephony.twiml import Documents, nobody
from orchestrator.telephony.urls import Voice, Webhooks

log = structlog.get_logger(__name__)

# What is kept of a webhook: never From, To, Caller, Body or where they are.
_KEPT = (
    "CallSid",
    "CallStatus",
    "SequenceNumber",
    "Timestamp",
    "CallDuration",
    "SipResponseCode",
    "AnsweredBy",
    "MachineDetectionDuration",
    "Digits",
    "ConferenceSid",
    "StatusCallbackEvent",
    "ReasonParticipantLeft",
    "ReasonConferenceEnded",
    "MessageSid",
    "MessageStatus",
    "ErrorCode",
)
_ANSWERED = (Voice.AGENT, Voice.CUSTOMER, Voice.KEY)


def kept(form: Form) -> dict[str, str]:
    """Return the fields of a webhook that may be stored."""
    return {name: value for name in _KEPT if (value := form.text(name)) is not None}


def key_of(kind: str, form: Form, repeat: str | None) -> str:
    """Return what tells a webhook from its repetition: the carrier's own token, else what it says."""
    said = repeat or sha256(repr(sorted(kept(form).items())).encode()).hexdigest()
    return f"{kind}:{said}"


class Callbacks:
    """Takes verified webhooks about calls. `repeat` is the carrier's `I-Twilio-Idempotency-Token`, where it sent one."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database, self._changes = database, Changes(database, settings)
        self._documents = Documents(Webhooks(settings.public_url), settings.organisation)

    async def voice(self, document: Voice, token: str, form: Form, *, turn: int = 0, repeat: str | None = None) -> str:
        """Return the TwiML a call asks for. A call that is none of ours is hung up."""

        def move(attempt: AttemptRow, now: datetime) -> bool:
            moved = attempts.apply(attempt, _report(attempt, CallStatus.IN_PROGRESS, form, now))
            pressed = document is Voice.KEY and attempts.press(attempt, form.text("Digits") or "")
            return moved or pressed

        async def work(session: AsyncSession) -> str:
            attempt = await attempt_of_token(session, token)
            if attempt is not None and document in _ANSWERED:
                kind = f"{document}-{turn}"
                attempt = await self._take(session, attempt, form, kind=kind, repeat=repeat, move=move)
            return nobody() if attempt is None else self._documents.of(document, attempt, turn=turn)

        return await self._database.run(work)

    async def status(self, token: str, form: Form, *, repeat: str | None = None) -> bool:
        """Take the progress of a call; False for a token that is none of ours."""
        told = form.text("CallStatus")
        status = CallStatus(told) if told in set(CallStatus) else None
        if status is None:
            log.warning("call status unknown", status=told)

        def move(attempt: AttemptRow, now: datetime) -> bool:
            return status is not None and attempts.apply(attempt, _report(attempt, status, form, now))

        return await self._one(token, form, kind="status", repeat=repeat, move=move)

    async def machine(self, token: str, form: Form, *, repeat: str | None = None) -> bool:
        """Take the verdict of machine detection; False for a token that is none of ours."""

        def move(attempt: AttemptRow, now: datetime) -> bool:
            return attempts.hear(attempt, form.text("AnsweredBy") or "unknown", now)

        return await self._one(token, form, kind="machine", repeat=repeat, move=move)

    async def conference(self, token: str, form: Form, *, repeat: str | None = None) -> bool:
        """Take who entered and left a room; False for a token that is none of ours, or another room."""

        async def work(session: AsyncSession) -> bool:
            found = await attempt_of_token(session, token)
            case = None if found is None else await lock_case(session, found.id, of=found.escalation_id)
            if case is None or form.text("FriendlyName") != case.attempt.conference:
                return False
            now = await self._database.clock.now(session)
            key = key_of("conference", form, repeat)
            if await keep_callback(session, key, kind="conference", attempt_id=case.attempt.id, fields=kept(form), at=now):
                await self._in_room(session, case, form, now)
            return True

        return await self._database.run(work)

    async def _one(self, token: str, form: Form, *, kind: str, repeat: str | None, move: Move) -> bool:
        async def work(session: AsyncSession) -> bool:
            attempt = await attempt_of_token(session, token)
            if attempt is None:
                return False
            return await self._take(session, attempt, form, kind=kind, repeat=repeat, move=move) is not None

        return await self._database.run(work)

    async def _take(
        self, session: AsyncSession, found: AttemptRow, form: Form, *, kind: str, repeat: str | None, move: Move
    ) -> AttemptRow | None:
        """Move the attempt under its locks, once for each webhook, and let the escalation see it."""
        case = await lock_case(session, found.id, of=found.escalation_id)
        if case is None:
            return None
        await _bind(session, case.attempt, form.text("CallSid"))
        now = await self._database.clock.now(session)
        key = key_of(kind, form, repeat)
        new = await keep_callback(session, key, kind=kind, attempt_id=case.attempt.id, fields=kept(form), at=now)
        if new and move(case.attempt, now):
            await self._changes.tell(session, case, case.attempt, now)
        return case.attempt

    async def _in_room(self, session: AsyncSession, case: Case, form: Form, now: datetime) -> None:
        event, sequence = form.text("StatusCallbackEvent"), form.number("SequenceNumber") or 0
        legs = await lock_room(session, case)
        for leg in legs:
            theirs = leg.call_sid is not None and leg.call_sid == form.text("CallSid")
            if event == "participant-join" and theirs:
                attempts.enter(leg, sequence)
            elif event == "participant-leave" and theirs:
                attempts.leave(leg, sequence)
            session.add(leg)
        for agent in [leg for leg in legs if leg.leg is Leg.AGENT]:
            for customer in [leg for leg in legs if leg.leg is Leg.CUSTOMER and attempts.together(agent, leg)]:
                await self._changes.join(session, case, agent, customer, now)


async def _bind(session: AsyncSession, attempt: AttemptRow, sid: str | None) -> None:
    """Let the first callback that knows the token bind the call, also before the POST was answered.

    A captured webhook could be sent again with another token: a call belongs to one attempt. Raises `NotFromCarrier`.
    """
    if sid is not None and attempt.call_sid == sid:
        return
    if sid is None or attempt.call_sid is not None or await attempt_of_sid(session, sid) is not None:
        raise NotFromCarrier("the call and the token do not belong together")
    attempt.call_sid = sid
    session.add(attempt)


def _report(attempt: AttemptRow, status: CallStatus, form: Form, now: datetime) -> Report:
    # The carrier's own time keeps what arrived out of order right; it has whole seconds, so it may not lie before ours.
    told = form.instant("Timestamp") or now
    return Report(
        status=status,
        at=min(max(told, attempt.submitted_at or attempt.prepared_at), now),
        sequence=form.number("SequenceNumber"),
        sip_code=form.number("SipResponseCode"),
        duration=form.number("CallDuration"),
        answered_by=form.text("AnsweredBy"),
    )
