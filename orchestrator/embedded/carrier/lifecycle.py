"""A call's life, from the queue to its ending."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from orchestrator.embedded.carrier.call import (
    BUSY,
    FAILED,
    HUNG_UP,
    NOBODY,
    Call,
    CallStatus,
    Direction,
    Ending,
    Enter,
    Fetch,
    Source,
)
from orchestrator.embedded.carrier.conversation import Conversation, Document
from orchestrator.embedded.carrier.detection import detect, tell_verdict
from orchestrator.embedded.carrier.pace import race
from orchestrator.embedded.carrier.phones import Behaviour
from orchestrator.embedded.carrier.rooms import Reason
from orchestrator.embedded.carrier.twiml import Reject, TwimlFailed
from orchestrator.embedded.carrier.wire import utc_now

if TYPE_CHECKING:
    from orchestrator.embedded.carrier.exchange import Exchange

log = structlog.get_logger()

LEAVING_THE_QUEUE = 0.05  # real seconds even when nobody waits: the create answer is usually out by then
SETUP = 0.2  # simulated seconds between dialling and the first ring


class Lifecycle:
    """Runs one call."""

    def __init__(self, call: Call, exchange: Exchange) -> None:
        self._call, self._exchange = call, exchange
        self._conversation = Conversation(call, exchange)

    async def run(self) -> None:
        """Run the call until it ends by itself, or by whoever sets `call.ended`."""
        try:
            ending = await race(self._progress(), self._call.ended)
        except Exception:  # A defect in here must not leave a call that never ends.
            log.exception("call broke", call_sid=self._call.sid)
            ending = FAILED
        self._finish(ending)

    async def _progress(self) -> Ending:
        if self._call.direction is Direction.INBOUND:
            return await self._receive()
        if (unanswered := await self._dial()) is not None:
            return unanswered
        self._answer()
        if self._call.order.detection is not None:
            await self._detect()
        participant = self._call.participant
        return await self._converse(self._call.order.source if participant is None else Enter(participant))

    async def _dial(self) -> Ending | None:
        """Leave the queue and ring; None when the phone is answered."""
        call, pace = self._call, self._exchange.pace
        await asyncio.sleep(LEAVING_THE_QUEUE + call.queue_ms / 1000)
        call.dialed_at = utc_now()
        self._move(CallStatus.INITIATED, "initiated")
        await pace.sleep(SETUP)
        if call.phone.behaviour is Behaviour.BUSY:
            return BUSY
        if call.phone.behaviour in (Behaviour.FAILED, Behaviour.INVALID):
            return FAILED
        call.rang_at = utc_now()
        self._move(CallStatus.RINGING, "ringing")
        answers = call.phone.behaviour is not Behaviour.NO_ANSWER and call.phone.answer_after <= call.order.ring
        await pace.sleep(call.phone.answer_after if answers else call.order.ring)
        return None if answers else NOBODY

    async def _receive(self) -> Ending:
        """Take an inbound call: its document is asked for while it rings, and a Reject refuses it."""
        self._call.dialed_at = utc_now()
        self._move(CallStatus.RINGING, "ringing")
        source = self._call.order.source
        if not isinstance(source, Fetch):
            return FAILED
        try:
            document = await self._conversation.read(source)
        except TwimlFailed as error:
            self._call.errors.append(error.number)
            return FAILED
        if document.verbs and isinstance(document.verbs[0], Reject):
            return BUSY if document.verbs[0].busy else NOBODY
        self._answer()
        return await self._converse(document)

    def _answer(self) -> None:
        call, pace = self._call, self._exchange.pace
        call.answered = asyncio.get_running_loop().time()
        self._move(CallStatus.IN_PROGRESS, "answered")
        for seconds in (call.phone.stays, call.order.limit):
            call.timers.append(pace.later(seconds, lambda: call.end(HUNG_UP)))

    async def _detect(self) -> None:
        """Synchronous detection comes before the first document, asynchronous detection runs beside it."""
        call, detection = self._call, self._call.order.detection
        if detection is not None and detection.asynchronous:
            self._exchange.tasks.start(tell_verdict(call, detection, self._exchange))
        elif detection is not None:
            verdict = await detect(call, detection, self._exchange.pace)
            call.answered_by = verdict.answered_by

    async def _converse(self, source: Source | Document | None) -> Ending:
        """Follow `source`, and whatever the call is redirected to meanwhile."""
        while True:
            ending = await race(self._follow(source), self._call.redirected)
            if isinstance(ending, Ending):
                return ending
            source = self._call.redirected.result()
            self._call.redirected = asyncio.get_running_loop().create_future()

    async def _follow(self, source: Source | Document | None) -> Ending:
        ending = None if source is None else await self._conversation.follow(source)
        if ending is None and self._call.direction is Direction.DIAL and not self._call.released.done():
            await self._stay_bridged()
        return ending or HUNG_UP

    async def _stay_bridged(self) -> None:
        """A dialled leg that has heard its whisper is connected, and stays so until it ends or is redirected."""
        if not self._call.bridgeable.done():
            self._call.bridgeable.set_result(None)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._call.released.set_result(None)

    def _move(self, status: CallStatus, event: str) -> None:
        self._call.status, self._call.updated_at = status, utc_now()
        self._exchange.report(self._call, event)

    def _finish(self, ending: Ending) -> None:
        call = self._call
        call.end(ending)
        call.status, call.ended_at = ending.status, utc_now()
        call.updated_at = call.ended_at
        call.seconds = 0 if call.answered is None else round(self._exchange.pace.since(call.answered))
        for timer in call.timers:
            timer.cancel()
        call.timers.clear()
        if not call.released.done():
            call.released.set_result(None)
        if call.participant is not None:
            self._exchange.rooms.leave(call.participant, Reason.NOT_ADDED)  # no effect where it was in the room
        self._report_ending(ending)
        log.info("call ended", call_sid=call.sid, ending=str(ending.status))

    def _report_ending(self, ending: Ending) -> None:
        call = self._call
        extra = {"CallDuration": str(call.seconds), "SipResponseCode": str(ending.sip)}
        if call.answered is not None:
            extra["Duration"] = str(call.minutes)
        if call.answered_by is not None:
            extra["AnsweredBy"] = call.answered_by
        self._exchange.report(call, "completed", extra)
        self._exchange.callbacks.flush(call.lane)
