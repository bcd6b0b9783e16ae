"""How many moments a second reach an agent, against bare workflows of one activity each on the same Temporal."""

import asyncio
import time
from datetime import datetime

import aiohttp
from sqlalchemy import text
from temporalio.client import Client

from benchmarks.bare_workflow import QUEUE, Bare
from benchmarks.callbacks import Callbacks, prepare
from benchmarks.errors import CannotRun
from benchmarks.figures import Figure
from benchmarks.place import Place
from orchestrator.settings import load

_MOMENTS = 300
_PATIENCE = 60.0  # seconds
_LOOK = 0.1
_OFFERED = text("""
SELECT count(t.offered_at), min(m.found_at), max(t.offered_at)
FROM moments m LEFT JOIN tasks t ON t.escalation_id = m.escalation_id WHERE m.rule = :rule
""")


async def run(place: Place) -> list[Figure]:
    """Measure from the commit of one batch of events to the last of the offers they lead to."""
    callbacks = await prepare(place, "escalations")
    await callbacks.hire(_MOMENTS)
    async with aiohttp.ClientSession() as client:
        await callbacks.introduce(client, _MOMENTS)
        floor = await _bare(place)
        await callbacks.send(client, [callbacks.event(number) for number in range(_MOMENTS)])
        measured = await _offered(callbacks)
    return [Figure(f"escalations, event to offered task, {_MOMENTS} at once", "/s", measured, floor, ratio_goal=0.4)]


async def _offered(callbacks: Callbacks) -> float:
    ending = time.perf_counter() + _PATIENCE
    while time.perf_counter() < ending:
        number, first, last = await _counted(callbacks)
        if number == _MOMENTS:
            return _MOMENTS / (last - first).total_seconds()
        await asyncio.sleep(_LOOK)
    raise CannotRun(f"after {_PATIENCE:.0f} s {number} of {_MOMENTS} tasks had been offered")


async def _counted(callbacks: Callbacks) -> tuple[int, datetime, datetime]:
    async with callbacks.database.transaction() as session:
        connection = await session.connection()
        number, first, last = (await connection.execute(_OFFERED, {"rule": f"bench-{callbacks.name}"})).one()
    return number, first, last


async def _bare(place: Place) -> float:
    """Return bare workflows a second, all started at once, by a worker process of their own."""
    address = load(data=place.stack_folder).temporal()
    await place.child("benchmarks.bare_worker", address)
    client = await Client.connect(address)
    await client.execute_workflow(Bare.run, id="bare-first", task_queue=QUEUE)  # the worker is there
    began = time.perf_counter()
    await asyncio.gather(*(client.execute_workflow(Bare.run, id=f"bare-{n}", task_queue=QUEUE) for n in range(_MOMENTS)))
    return _MOMENTS / (time.perf_counter() - began)
