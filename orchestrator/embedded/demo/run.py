"""The demo: a company's day in two minutes, with a worker killed and carrier answers dropped, and a verdict at the end."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from orchestrator.embedded.demo import evidence, stage
from orchestrator.embedded.demo.agents import Badge, SimulatedAgent
from orchestrator.embedded.demo.channels import Due, Sender, schedule
from orchestrator.embedded.demo.hours import Hours, hours_for, may_be_called
from orchestrator.embedded.demo.journeys import Crowd, Journey, Zones
from orchestrator.embedded.demo.verdict import Check, checks, figures
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.processes import Addresses, Stack
from orchestrator.storage.database import Database

LONGEST = timedelta(seconds=120)  # from the first process's start to the verdict
_CLOSING = timedelta(seconds=6)  # kept for the audit and for ending everything in order
_ARRIVALS = timedelta(seconds=24)
_KILL_AFTER = timedelta(seconds=16)
_DROP_AFTER = (timedelta(seconds=5), timedelta(seconds=24))
_DROPPED_EACH_TIME = 2
_LOOK = 1.0
_SPEED = 10  # the phones' seconds run so many times faster
_AGENTS = 8
_SEED = 7

Show = Callable[[str], None]


@dataclass(slots=True)
class Progress:
    """What the live display shows."""

    began: datetime
    phase: str = "starting"
    counts: dict[str, int] = field(default_factory=dict)
    did: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Result:
    figures: dict[str, Any]
    checks: list[Check]


async def run(show: Callable[[Progress], None], *, data: Path | None = None) -> Result:
    """Play the demo on a data folder (a temporary one by default) and return what came of it."""
    with tempfile.TemporaryDirectory(prefix="ringback-demo-") as temporary:
        folder = DataFolder(data or Path(temporary))
        stack = Stack(folder, environment=stage.SHORTENED)
        progress = Progress(datetime.now(UTC))
        try:
            show(progress)
            addresses = await stack.start()
            progress.phase = "setting the stage"
            show(progress)
            return await _Play(stack, addresses, folder.logs, progress, show).whole()
        finally:
            progress.phase = "ending the processes"
            show(progress)
            await stack.stop()


class _Play:
    def __init__(
        self, stack: Stack, addresses: Addresses, logs: Path, progress: Progress, show: Callable[[Progress], None]
    ) -> None:
        self._stack, self._logs, self._progress, self._show = stack, logs, progress, show
        self._database = Database(addresses.database, pool_size=3)
        self._trust = httpx.create_ssl_context()  # made once: it takes longer than a request
        self._api, self._carrier = self._client(addresses.api), self._client(addresses.carrier)
        self._desks = [self._client(addresses.api) for _ in range(_AGENTS)]  # each with connections of its own

    def _client(self, url: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=url, trust_env=False, timeout=20, verify=self._trust)

    async def whole(self) -> Result:
        try:
            hours, journeys, sender, badges = await self._prepare()
            async with asyncio.TaskGroup() as group:
                background = [group.create_task(work) for work in self._background(badges)]
                dues = schedule(journeys, began := datetime.now(UTC))
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._left()):
                        await self._day(sender, dues, began)
                self._tell("closing the desks")
                for task in background:
                    task.cancel()
            return await self._judge(hours, journeys, sender, unsent=len(dues) - sender.played)
        finally:
            for client in (self._api, self._carrier, *self._desks):
                await client.aclose()
            await self._database.close()

    async def _day(self, sender: Sender, dues: list[Due], began: datetime) -> None:
        self._tell("customers are at it")
        await asyncio.gather(sender.play(dues, began), sender.send_malformed())
        self._tell("agents work the rest off")
        while not await evidence.all_closed(self._database):  # noqa: ASYNC110  the database says when
            await asyncio.sleep(_LOOK)

    def _tell(self, phase: str) -> None:
        self._progress.phase = phase
        self._show(self._progress)

    def _left(self) -> float:
        """Return how many seconds are left before the demo has to judge."""
        return (self._progress.began + LONGEST - _CLOSING - datetime.now(UTC)).total_seconds()

    async def _prepare(self) -> tuple[Hours, list[Journey], Sender, list[Badge]]:
        hours = hours_for(self._progress.began, allowed=may_be_called)
        journeys = Crowd(Zones(hours.home, hours.away), seed=_SEED, over=_ARRIVALS).all()
        cast = await stage.cast(self._database)
        await stage.open_floor(self._api, cast.supervisor, hours)
        badges = await stage.hire(self._database, _AGENTS)
        await stage.publish_rules(self._database)
        (await self._carrier.put("/_sim/config", json={"speed": _SPEED})).raise_for_status()
        await stage.give_phones(self._carrier, journeys)
        return hours, journeys, Sender(self._api, cast.keys), badges

    def _background(self, badges: list[Badge]) -> list[Any]:
        did = self._progress.did
        agents = [
            SimulatedAgent(desk, badge, seed=seed, did=did).work()
            for seed, (desk, badge) in enumerate(zip(self._desks, badges, strict=True))
        ]
        return [*agents, self._kill_the_worker(), self._drop_answers(), self._watch()]

    async def _kill_the_worker(self) -> None:
        await asyncio.sleep(_KILL_AFTER.total_seconds())
        await self._stack.kill("worker")
        self._progress.did["worker killed"] += 1

    async def _drop_answers(self) -> None:
        waited = timedelta(0)
        for after in _DROP_AFTER:
            await asyncio.sleep((after - waited).total_seconds())
            waited = after
            faults = {"accept_and_drop": {"times": _DROPPED_EACH_TIME, "path": "/Calls", "method": "POST"}}
            (await self._carrier.put("/_sim/faults", json=faults)).raise_for_status()
            self._progress.did["carrier answers dropped"] += _DROPPED_EACH_TIME

    async def _watch(self) -> None:
        while True:
            self._progress.counts = await evidence.counts(self._database)
            self._show(self._progress)
            await asyncio.sleep(_LOOK)

    async def _judge(self, hours: Hours, journeys: list[Journey], sender: Sender, *, unsent: int) -> Result:
        self._tell("judging")
        ledger = (await self._carrier.get("/_sim/ledger")).raise_for_status().json()
        found = await evidence.findings(self._database, ledger, sender.sent)
        seen = await evidence.seen(
            self._database,
            self._api,
            hours=hours,
            journeys=journeys,
            sent=sender.sent,
            unsent=unsent,
            rings=len(ledger),
            logs=self._logs,
            worker_restarts=self._stack.restarts("worker"),
            seconds=(datetime.now(UTC) - self._progress.began).total_seconds(),
        )
        return Result(figures(found, seen), checks(found, seen))
