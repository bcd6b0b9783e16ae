"""A change of a queue on its way to 500 open desks of one api process, against a server that only passes words on."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import aiohttp
from sqlmodel import select

from benchmarks.figures import Figure
from benchmarks.full_floor import FullFloor, full_floor
from benchmarks.listeners import Listener, heard_by_all, listening
from benchmarks.place import Place
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import TaskKind
from orchestrator.queueing.tasks import enqueue
from orchestrator.storage.database import Database

_DESKS = 500
_CHANGES = 20
_PAUSE = 1.0  # seconds between changes
_LENGTH = 20_000  # bytes: as long as a list of fifty that wait
_FROM = 50_000  # customers from this number on have no open case


async def run(place: Place) -> list[Figure]:
    """Measure from before the change's transaction until each desk has a list that shows the new task."""
    bare = await _passed_on(place)
    floor = await full_floor(place)
    async with listening(f"{floor.url}/desk/stream", [agent.cookie for agent in floor.agents[:_DESKS]]) as desks:
        shown = [each for number in range(_CHANGES) for each in await _queued(floor, desks, number)]
    what = f"task queued → shown on {_DESKS} desks"
    return [
        Figure(f"{what}, p50", "ms", _p(50, shown), _p(50, bare), limit=1000),
        Figure(f"{what}, p99", "ms", _p(99, shown), _p(99, bare), limit=1000),
    ]


async def _queued(floor: FullFloor, desks: list[Listener], number: int) -> list[float]:
    """Queue a task that leads every list, and return each desk's milliseconds; its due time is what tells it from others."""
    await asyncio.sleep(_PAUSE)
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1) + timedelta(seconds=number)
    heard = [desk.wait_for(due.strftime("%Y-%m-%dT%H:%M:%S").encode()) for desk in desks]
    began = time.perf_counter()
    await _a_task(floor.database, number, due)
    return await heard_by_all(heard, began)


async def _a_task(database: Database, number: int, due: datetime) -> None:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        customer = (await session.exec(select(CustomerRow.id).where(CustomerRow.subject == f"customer-{_FROM + number}"))).one()
        case = _a_case(customer, now)
        session.add(case)
        await session.flush()
        await enqueue(
            session,
            case,
            kind=TaskKind.CALLBACK,
            queue="sales",
            step=0,
            priority=50,
            language=None,
            skills=(),
            due_at=due,
            promised=True,
            now=now,
        )


def _a_case(customer: UUID, now: datetime) -> EscalationRow:
    return EscalationRow(
        customer_id=customer,
        state=State.QUEUED,
        rule="incomplete-checkout",
        version=1,
        purpose="service",
        priority=50,
        queue="sales",
        opened_at=now,
        not_before=now,
    )


async def _passed_on(place: Place) -> list[float]:
    url = await place.floor_stream()
    async with listening(f"{url}/stream", [None] * _DESKS) as listeners, aiohttp.ClientSession() as client:
        return [each for number in range(_CHANGES) for each in await _told(client, url, listeners, number)]


async def _told(client: aiohttp.ClientSession, url: str, listeners: list[Listener], number: int) -> list[float]:
    await asyncio.sleep(_PAUSE)
    words = f"change-{number}."
    heard = [listener.wait_for(words.encode()) for listener in listeners]
    began = time.perf_counter()
    async with client.post(f"{url}/tell", data=words.ljust(_LENGTH, ".")) as response:
        response.raise_for_status()
    return await heard_by_all(heard, began)


def _p(share: int, taken: list[float]) -> float:
    return sorted(taken)[len(taken) * share // 100]
