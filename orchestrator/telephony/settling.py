"""Finding out, from the carrier itself, what became of a call that nobody tells about; and ending one that is not wanted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.switched_off import is_switched_off
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.telephony import attempts
from orchestrator.telephony.attempts import Patience, Report, may_wait_at_carrier
from orchestrator.telephony.changes import Changes
from orchestrator.telephony.ports import CallStatus, Carrier, CarrierCall, CarrierRefused, Refusal
from orchestrator.telephony.repository import lock_case, lock_room
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg
from orchestrator.telephony.urls import Voice, Webhooks

log = structlog.get_logger(__name__)

SKEW = timedelta(seconds=5)  # how far the carrier's clock may be behind ours; its times have whole seconds besides


def patience(settings: Settings) -> Patience:
    """Return how long the carrier may be silent under these settings."""
    return Patience(
        ring=settings.ring_timeout,
        queued=settings.queued_at_carrier,
        quiet=settings.quiet_period,
        poll=settings.carrier_poll,
    )


class Settling:
    """Asks the carrier about attempts, and tells it to end them. Never creates a call."""

    def __init__(self, database: Database, carrier: Carrier, settings: Settings) -> None:
        self._database, self._carrier = database, carrier
        self._changes = Changes(database, settings)
        self._patience = patience(settings)
        self._webhooks = Webhooks(settings.public_url)

    async def settle(self, attempt_id: UUID) -> None:
        """Bring the row up to what the carrier knows. Run twice, it asks twice; an attempt that has ended is left alone.

        Raises `CarrierUnavailable`.
        """
        await self._changes.apply(attempt_id, self._overdue)
        attempt = await self._read(attempt_id)
        if attempt is None or attempt.state in (AttemptState.ENDED, AttemptState.PREPARED, AttemptState.SUBMITTING):
            return
        if attempt.call_sid is None:
            await self._search(attempt)
        else:
            await self._ask(attempt, attempt.call_sid)
            await self._database.run(lambda session: self._meet(session, attempt_id))

    async def stop(self, attempt_id: UUID) -> None:
        """End or redirect a call that is not wanted any more, as its row says. Run twice, it does nothing more.

        Raises `CarrierUnavailable`.
        """
        attempt = await self._read(attempt_id)
        if attempt is None or not attempts.wants_stop(attempt):
            return
        if attempt.call_sid is None:
            await self._changes.apply(attempt_id, _cancel_unsubmitted)
            return
        try:
            call = await self._stop(attempt, attempt.call_sid)
        except CarrierRefused as refused:
            if refused.refusal is not Refusal.OVER:
                log.warning("call not stopped", attempt_id=str(attempt_id), code=refused.number)
            await self._ask(attempt, attempt.call_sid)
            return
        await self._stopped(attempt_id, call)

    def _overdue(self, attempt: AttemptRow, now: datetime) -> bool:
        """What needs no question: a row never submitted, and one whose answer cannot come any more."""
        if attempt.state is AttemptState.PREPARED and attempt.prepared_at + self._patience.submit <= now:
            return attempts.end(attempt, Ending.NOT_PLACED, now)
        if attempt.state is AttemptState.SUBMITTING and _posted(attempt) + self._patience.submit <= now:
            return attempts.doubt(attempt, now)
        return False

    async def _search(self, attempt: AttemptRow) -> None:
        """Look for the call of an attempt whose answer was lost, among those the carrier has to this number."""
        since = _posted(attempt) - SKEW
        listed = await self._carrier.find(to=attempt.to_number, from_=attempt.from_number, since=since)
        free = await self._unbound(listed)
        if free:
            await self._changes.apply(attempt.id, lambda row, now: _bind(row, free[0], now))
        else:
            await self._changes.apply(attempt.id, self._give_up)

    async def _unbound(self, calls: Sequence[CarrierCall]) -> list[CarrierCall]:
        async with self._database.transaction() as session:
            query = select(AttemptRow.call_sid).where(col(AttemptRow.call_sid).in_([call.sid for call in calls]))
            bound = set((await session.exec(query)).all())
        return [call for call in calls if call.sid not in bound]

    def _give_up(self, attempt: AttemptRow, now: datetime) -> bool:
        """After the quiet period the number is free again; whether it rang, nobody will ever know."""
        if attempt.state is not AttemptState.UNKNOWN or attempt.call_sid is not None:
            return False
        over = (attempt.unknown_since or _posted(attempt)) + self._patience.quiet <= now
        return over and attempts.end(attempt, Ending.UNKNOWN, now)

    async def _ask(self, attempt: AttemptRow, sid: str) -> None:
        try:
            call = await self._carrier.fetch(sid)
            if _waits(attempt, call) and await self._database.run(lambda session: self._may_not_leave(session, attempt)):
                call = await self._carrier.cancel(sid)
        except CarrierRefused as refused:
            await self._not_told(attempt, refused)
        else:
            await self._changes.apply(attempt.id, lambda row, now: attempts.apply(row, _report(call, now)))

    async def _not_told(self, attempt: AttemptRow, refused: CarrierRefused) -> None:
        log.warning("call not told", attempt_id=str(attempt.id), code=refused.number)
        if refused.refusal is Refusal.MISSING:
            await self._changes.apply(attempt.id, lambda row, now: attempts.end(row, Ending.UNKNOWN, now))

    async def _may_not_leave(self, session: AsyncSession, attempt: AttemptRow) -> bool:
        """Tell whether a call in the carrier's queue has to be canceled: a kill switch covers it, or it is there too long.

        One that leaves the queue late would ring at an hour nobody has looked at (TE-12).
        """
        now = await self._database.clock.now(session)
        return now - _posted(attempt) >= self._patience.queued or await is_switched_off(session, attempt)

    async def _meet(self, session: AsyncSession, attempt_id: UUID) -> None:
        """Where nobody told that two people are talking, both their legs being up for so long says it."""
        case = await lock_case(session, attempt_id)
        if case is None or case.attempt.joined_at is not None:
            return
        legs = await lock_room(session, case)
        now = await self._database.clock.now(session)
        for agent in [leg for leg in legs if leg.leg is Leg.AGENT]:
            for customer in [leg for leg in legs if leg.leg is Leg.CUSTOMER]:
                if attempts.seem_together(agent, customer, now - self._patience.poll):
                    await self._changes.join(session, case, agent, customer, now)

    async def _stop(self, attempt: AttemptRow, sid: str) -> CarrierCall:
        if attempt.state is not AttemptState.CONNECTED:
            return await self._carrier.cancel(sid)
        if attempt.leg is Leg.CUSTOMER and attempt.farewell is not None:
            return await self._carrier.redirect(sid, self._webhooks.voice(Voice.FAREWELL, attempt.token))
        return await self._carrier.end(sid)

    async def _stopped(self, attempt_id: UUID, call: CarrierCall) -> None:
        def take(attempt: AttemptRow, now: datetime) -> bool:
            # One that was answered meanwhile is not canceled: its own document says goodbye.
            attempt.stopped_at = attempt.stopped_at or now
            return attempts.apply(attempt, _report(call, now))

        await self._changes.apply(attempt_id, take)

    async def _read(self, attempt_id: UUID) -> AttemptRow | None:
        async with self._database.transaction() as session:
            return await session.get(AttemptRow, attempt_id)


def _waits(attempt: AttemptRow, call: CarrierCall) -> bool:
    # Asked over REST, a call that has left the queue and does not ring yet reads `queued` too; a callback says more.
    return call.status is CallStatus.QUEUED and may_wait_at_carrier(attempt)


def _posted(attempt: AttemptRow) -> datetime:
    return attempt.submitted_at or attempt.prepared_at


def _bind(attempt: AttemptRow, call: CarrierCall, now: datetime) -> bool:
    if attempt.call_sid is not None:
        return False
    attempt.call_sid = call.sid
    return attempts.apply(attempt, _report(call, now))


def _report(call: CarrierCall, now: datetime) -> Report:
    return Report(call.status, min(call.ended_at or now, now), duration=call.duration, answered_by=call.answered_by)


def _cancel_unsubmitted(attempt: AttemptRow, now: datetime) -> bool:
    return attempt.state is AttemptState.PREPARED and attempts.end(attempt, Ending.CANCELED, now)
