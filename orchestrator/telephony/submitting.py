"""Submitting a prepared dial: the row is marked, then one POST is made, once, whatever comes of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

import structlog
from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.purposes import Medium
from orchestrator.availability.verdicts import Decision, Go, Wait
from orchestrator.escalations.last_words import has_closed, was_spoken_against
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.standstill import not_dialed
from orchestrator.escalations.states import State
from orchestrator.escalations.switched_off import is_switched_off
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.telephony import attempts
from orchestrator.telephony.attempts import CUSTOMER_FIRST, Report
from orchestrator.telephony.changes import Changes
from orchestrator.telephony.ports import (
    CallOrder,
    Carrier,
    CarrierCall,
    CarrierRefused,
    CarrierUnavailable,
    CarrierUnclear,
    Refusal,
)
from orchestrator.telephony.repository import Case, lock_case
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg
from orchestrator.telephony.urls import Voice, Webhooks

log = structlog.get_logger(__name__)

_SETTING_UP = (AttemptState.SUBMITTING, AttemptState.SUBMITTED, AttemptState.RINGING)
_STALE = timedelta(seconds=10)  # a dial that waited longer behind others looks at all gates once more
_LOOKS_FOR_A_SLOT = 20
_BETWEEN_LOOKS = 0.25  # seconds


class NoSlot(Enum):
    """The sender number has as many calls being set up as it may."""

    FREE = auto()


@dataclass(frozen=True, slots=True)
class _Submission:
    """The one POST of a row that was just marked."""

    order: CallOrder


class Submitting:
    """Places prepared calls."""

    def __init__(self, database: Database, carrier: Carrier, settings: Settings) -> None:
        self._database, self._carrier, self._settings = database, carrier, settings
        self._changes = Changes(database, settings)
        self._webhooks = Webhooks(settings.public_url)

    async def submit(self, attempt_id: UUID) -> None:
        """Place the call. Run twice, it does nothing: the row is no longer `prepared`.

        If this dies on the way, the row says `submitting`, and settling finds out what became of it.
        """
        order = await self._mark(attempt_id)
        if order is None:
            return
        try:
            call = await self._carrier.place(order)
        except CarrierRefused as refused:
            await self._end(attempt_id, _ending(refused), refused.number)
        except CarrierUnavailable as unavailable:
            await self._end(attempt_id, Ending.NOT_PLACED, unavailable.number)
        except CarrierUnclear as unclear:
            log.warning("call unclear", attempt_id=str(attempt_id), reason=str(unclear))
            await self._changes.apply(attempt_id, attempts.doubt)
        else:
            await self._placed(attempt_id, call)

    async def _mark(self, attempt_id: UUID) -> CallOrder | None:
        """Mark the row and return its call; None where it is not to be placed (any more)."""
        for _ in range(_LOOKS_FOR_A_SLOT):
            marked = await self._database.run(lambda session: self._marking(session, attempt_id))
            if marked is not NoSlot.FREE:
                return marked.order if isinstance(marked, _Submission) else None
            await asyncio.sleep(_BETWEEN_LOOKS)
        await self._end(attempt_id, Ending.NOT_PLACED, None)
        return None

    async def _marking(self, session: AsyncSession, attempt_id: UUID) -> _Submission | NoSlot | None:
        case = await lock_case(session, attempt_id)
        if case is None or case.attempt.state is not AttemptState.PREPARED:
            return None
        now = await self._database.clock.now(session)
        ending = await self._no_longer(session, case, now)
        if ending is not None:
            attempts.end(case.attempt, ending, now)
            await self._changes.tell(session, case, case.attempt, now)
            return None
        if await self._is_held_back(session, case, now):
            return None
        if not await self._has_slot(session, case.attempt):
            return NoSlot.FREE
        case.attempt.state, case.attempt.submitted_at = AttemptState.SUBMITTING, now
        session.add(case.attempt)
        return _Submission(self._order(case.attempt))

    async def _no_longer(self, session: AsyncSession, case: Case, now: datetime) -> Ending | None:
        """Return how the attempt ends without a call, if it is not wanted any more, or not allowed at this hour."""
        attempt = case.attempt
        if case.escalation.state is State.CLOSED or attempt.cancel_requested_at is not None:
            return Ending.CANCELED
        if attempt.leg is Leg.AGENT or now - attempt.prepared_at <= _STALE:
            return None
        return None if isinstance(await self._look(session, case, now), Go) else Ending.NOT_PLACED

    async def _is_held_back(self, session: AsyncSession, case: Case, now: datetime) -> bool:
        """Tell whether a kill switch was thrown, a queue closed or a word said against it since the gates were asked.

        They are asked once more then, and their no is taken as it would have been before.
        """
        if case.task is None or not await self._may_be_late(session, case, now):
            return False
        decision = await self._look(session, case, now)
        if isinstance(decision, Go):
            return False
        reasons = [code.value for code in decision.reasons]
        until = decision.until if isinstance(decision, Wait) else None
        await not_dialed(session, case.customer, case.escalation, case.task, reasons=reasons, until=until, now=now)
        return True

    async def _may_be_late(self, session: AsyncSession, case: Case, now: datetime) -> bool:
        if await is_switched_off(session, case.attempt) or await has_closed(session, case.escalation, case.attempt, now=now):
            return True
        return await was_spoken_against(session, case.customer, case.attempt)

    async def _look(self, session: AsyncSession, case: Case, now: datetime) -> Decision:
        return await look(
            session,
            case.customer,
            case.escalation,
            medium=Medium(case.attempt.medium),
            occasion=Occasion.PREPARE,
            now=now,
            settings=self._settings,
            besides=case.attempt.id,
        )

    async def _has_slot(self, session: AsyncSession, attempt: AttemptRow) -> bool:
        connection = await session.connection()
        # Counting and marking have to be one step for each sender, whichever worker does it.
        lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:sender, 0))")
        await connection.execute(lock, {"sender": f"sender {attempt.from_number}"})
        busy = select(func.count()).where(AttemptRow.from_number == attempt.from_number, col(AttemptRow.state).in_(_SETTING_UP))
        return (await session.exec(busy)).one() < self._settings.sender_slots

    def _order(self, attempt: AttemptRow) -> CallOrder:
        document = Voice.AGENT if attempt.leg is Leg.AGENT else Voice.CUSTOMER
        recorded = attempt.leg is Leg.CUSTOMER and attempt.flow == CUSTOMER_FIRST
        return CallOrder(
            to=attempt.to_number,
            from_=attempt.from_number,
            answer_url=self._webhooks.voice(document, attempt.token),
            status_url=self._webhooks.status(attempt.token),
            ring=self._settings.ring_timeout,
            machine_url=self._webhooks.machine(attempt.token) if recorded else None,
        )

    async def _placed(self, attempt_id: UUID, call: CarrierCall) -> None:
        def bind(attempt: AttemptRow, now: datetime) -> bool:
            # A callback may have been here before: it bound the call, and its status goes before this answer's.
            attempt.call_sid = attempt.call_sid or call.sid
            return attempts.apply(attempt, Report(call.status, now))

        await self._changes.apply(attempt_id, bind)

    async def _end(self, attempt_id: UUID, ending: Ending, code: int | None) -> None:
        log.info("call not placed", attempt_id=str(attempt_id), ending=ending.value, code=code)
        await self._changes.apply(attempt_id, lambda attempt, now: attempts.end(attempt, ending, now, error_code=code))


def _ending(refused: CarrierRefused) -> Ending:
    match refused.refusal:
        case Refusal.NUMBER:
            return Ending.INVALID_NUMBER
        case Refusal.LATER:
            return Ending.NOT_PLACED
        case _:
            return Ending.REFUSED
