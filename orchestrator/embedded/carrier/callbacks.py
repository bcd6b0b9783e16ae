"""Telling the application what happened, in order, unless a fault says otherwise."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import structlog

from orchestrator.embedded.carrier.faults import CALLBACK_FAULTS, FaultKind, Faults
from orchestrator.embedded.carrier.pace import Tasks
from orchestrator.embedded.carrier.webhooks import Hook, WebhookFailed, Webhooks

log = structlog.get_logger()

Delivery = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True, eq=False)
class Lane:
    """The callbacks of one call, room or message: each waits for the one before. `first` is set after the first."""

    tail: asyncio.Task[None] | None = None
    parked: list[Delivery] = field(default_factory=list)
    first: asyncio.Event = field(default_factory=asyncio.Event)


class Callbacks:
    """Sends callbacks; the application's answers are ignored, as Twilio does."""

    def __init__(self, webhooks: Webhooks, faults: Faults, tasks: Tasks) -> None:
        self._webhooks, self._faults, self._tasks = webhooks, faults, tasks

    def tell(self, lane: Lane, hook: Hook, fields: Mapping[str, str], *, to: str | None, last: bool = True) -> None:
        """Queue one callback on `lane`. `last` says that none follows, so that it cannot change places with the next."""
        struck = self._faults.strike(CALLBACK_FAULTS, path=urlsplit(hook.url).path, to=to)
        if FaultKind.NEVER in struck:
            lane.first.set()
            return
        late = struck.get(FaultKind.LATE)
        delivery = partial(self._deliver, lane, hook, dict(fields), copies=2 if FaultKind.TWICE in struck else 1)
        if late is not None:
            self._tasks.start(_after(late.seconds, delivery))
        elif FaultKind.OUT_OF_ORDER in struck and not last:
            lane.parked.append(delivery)
        else:
            self._append(lane, [delivery, *lane.parked])
            lane.parked = []

    def flush(self, lane: Lane) -> None:
        """Send what still waits to change places: nothing follows it any more."""
        if lane.parked:
            self._append(lane, lane.parked)
            lane.parked = []

    def _append(self, lane: Lane, deliveries: list[Delivery]) -> None:
        lane.tail = self._tasks.start(_in_turn(lane.tail, deliveries))

    async def _deliver(self, lane: Lane, hook: Hook, fields: Mapping[str, str], *, copies: int) -> None:
        token = str(uuid4())
        for _ in range(copies):
            try:
                await self._webhooks.request(hook, fields, token=token)
            except WebhookFailed as error:
                log.info("callback not delivered", reason=error.reason)
        lane.first.set()


async def _in_turn(before: asyncio.Task[None] | None, deliveries: list[Delivery]) -> None:
    if before is not None:
        await asyncio.wait({before})
    for delivery in deliveries:
        await delivery()


async def _after(seconds: float, delivery: Delivery) -> None:
    await asyncio.sleep(seconds)
    await delivery()
