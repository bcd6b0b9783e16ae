"""The simulated telephone exchange: every call there is, and what they share."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from orchestrator.embedded.carrier.call import (
    BEFORE_ANSWER,
    CANCELED,
    HUNG_UP,
    Call,
    CallStatus,
    Direction,
    Ending,
    Order,
    Source,
)
from orchestrator.embedded.carrier.callbacks import Callbacks
from orchestrator.embedded.carrier.config import Config
from orchestrator.embedded.carrier.faults import Faults
from orchestrator.embedded.carrier.lifecycle import Lifecycle
from orchestrator.embedded.carrier.pace import Pace, Tasks
from orchestrator.embedded.carrier.phones import PhoneBook
from orchestrator.embedded.carrier.refusals import not_in_progress
from orchestrator.embedded.carrier.rooms import Rooms
from orchestrator.embedded.carrier.webhooks import Webhooks
from orchestrator.embedded.carrier.wire import API_VERSION, new_sid, rfc2822, utc_now

log = structlog.get_logger()


class Exchange:
    """Places calls, keeps them, and changes them on request."""

    def __init__(self, account_sid: str, webhooks: Webhooks, config: Config) -> None:
        self.account_sid, self.webhooks = account_sid, webhooks
        self.tasks, self.faults, self.phones = Tasks(), Faults(), PhoneBook()
        self.callbacks = Callbacks(webhooks, self.faults, self.tasks)
        self.rooms = Rooms(self.callbacks, account_sid, self.connect)
        self.calls: dict[str, Call] = {}
        self._free_at = 0.0
        self.configure(config)

    def configure(self, config: Config) -> None:
        self.config = config
        self.pace = Pace(config.speed)

    def place(self, order: Order, direction: Direction = Direction.API, *, parent: Call | None = None) -> Call:
        """Create a call and let it run; its phone's next script is used."""
        phone = self.phones.ring(order.from_ if direction is Direction.INBOUND else order.to)
        call = Call(new_sid("CA"), order, direction, phone, utc_now(), parent=parent)
        call.queue_ms = self._queue_ms() if direction is Direction.API else 0
        self.calls[call.sid] = call
        self.tasks.start(Lifecycle(call, self).run())
        return call

    def change(self, call: Call, *, status: str | None, source: Source | None) -> None:
        """Cancel, complete or redirect a call. Raises `Refused` 21220 where it is in no state for that.

        `canceled` leaves a call that was answered alone; `completed` ends it, or cancels one that was not.
        """
        if call.ended.done():
            raise not_in_progress()
        waiting = call.status in BEFORE_ANSWER
        if status is not None and waiting:
            call.end(CANCELED)
        elif status == CallStatus.COMPLETED:
            call.end(Ending(HUNG_UP.status, HUNG_UP.sip, by_api=True))
        elif source is not None and waiting:
            raise not_in_progress()
        elif source is not None:
            call.redirect(source)

    def connect(self, call: Call) -> None:
        """A person is on the other end now: phones that talk for a while begin to."""
        if not call.connected:
            call.connected = True
            if call.phone.talk is not None:
                call.timers.append(self.pace.later(call.phone.talk, lambda: call.end(HUNG_UP)))

    def fields(self, call: Call) -> dict[str, str]:
        """Return what every webhook of a call carries."""
        fields = {
            "AccountSid": self.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": call.sid,
            "CallStatus": str(call.status),
            "Called": call.order.to,
            "Caller": call.order.from_,
            "Direction": str(call.direction),
            "From": call.order.from_,
            "To": call.order.to,
        }
        if call.parent is not None:
            fields["ParentCallSid"] = call.parent.sid
        if call.answered_by is not None and call.order.detection and not call.order.detection.asynchronous:
            fields["AnsweredBy"] = call.answered_by
        return fields

    def report(self, call: Call, event: str, extra: Mapping[str, str] | None = None) -> None:
        """Tell the call's progress, where it was asked for; numbered from 0 in the order of events."""
        subscription = call.order.subscription
        if subscription is None or event not in subscription.events:
            return
        fields = self.fields(call) | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
            "Timestamp": rfc2822(utc_now()) or "",
            **(extra or {}),
        }
        call.sequence += 1
        self.callbacks.tell(call.lane, subscription.hook, fields, to=call.order.to, last=event == "completed")

    async def reset(self) -> None:
        """Forget everything but the settings: calls stop where they are and tell nobody."""
        await self.tasks.cancel_all()
        for call in self.calls.values():
            for timer in call.timers:
                timer.cancel()
        self.calls.clear()
        self.rooms.clear()
        self.phones.clear()

    def _queue_ms(self) -> int:
        """Return how long the next call waits in the account's queue, in real ms, and take its place in it."""
        if self.config.calls_per_second is None:
            return 0
        now = asyncio.get_running_loop().time()
        leaves = max(now, self._free_at)
        self._free_at = leaves + 1 / self.config.calls_per_second
        return round((leaves - now) * 1000)
