"""Events over HTTP into a real api process with the nine shipped rules live, one by one and in batches."""

import asyncio
import itertools
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import psycopg

from benchmarks.errors import CannotRun
from benchmarks.events import as_line, mixed_events
from benchmarks.figures import Figure
from benchmarks.place import Api, Place
from orchestrator.detection.rule_files import read_rule_files
from orchestrator.intake.channels import add_channel
from orchestrator.rule_life.publishing import publish
from orchestrator.rule_life.shipped import SHIPPED

_CUSTOMERS = 5_000
_AT_ONCE = 32
_WARMING, _EACH_FOR = 1.0, 5.0  # seconds
_MOST = 5_000  # requests a second that no server here reaches
_BATCH = 1_000
_BATCHES = 20
_BATCHES_AT_ONCE = 4
_ONE = "application/cloudevents+json"
_MANY = "application/cloudevents-batch+json"
_STRETCH = timedelta(minutes=10)  # the events' own times: shorter than any deadline, so none passes meanwhile

_COLUMNS = "source, id, type, subject, customer_id, time, received_at, data, digest, conflicting_copies, detected"


async def run(place: Place) -> list[Figure]:
    """Measure requests and events a second, each against its floor on the same PostgreSQL."""
    api = await place.api_alone()
    headers = {"Authorization": f"Bearer {await _prepare(place, api)}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_AT_ONCE)) as client:
        events, one, many = f"{api.url}/v1/events", headers | {"Content-Type": _ONE}, headers | {"Content-Type": _MANY}
        bare = await _warm_singles(client, await place.floor_app(api.database), {"Content-Type": _ONE}, seed=1)
        single = await _warm_singles(client, events, one, seed=3)
        copied = await _copies(api.database, seed=5)
        batched = await _batches(client, events, many, seed=6)
    return [
        Figure(f"intake, single events, {_AT_ONCE} at once", "req/s", single, bare, ratio_goal=0.5),
        Figure(f"intake, batches of {_BATCH:,}, nine rules", "events/s", batched, copied, ratio_goal=0.25, enough=10_000),
    ]


async def _prepare(place: Place, api: Api) -> str:
    """Publish the shipped rules and return a channel's key."""
    database = place.database(api.database, pool_size=1)
    async with database.transaction() as session:
        now = await database.clock.now(session)
        await publish(session, read_rule_files(SHIPPED), author="bench", who="bench", now=now)
        key = await add_channel(session, "bench", kind="web", types=[], who="bench", now=now)
        connection = await session.connection()
        await connection.exec_driver_sql(
            "CREATE TABLE floor_events (source text, id text, data jsonb, PRIMARY KEY (source, id))"
        )
        await connection.exec_driver_sql("CREATE TABLE copied_events (LIKE events INCLUDING ALL)")
    return key


def _events(number: int, *, seed: int) -> Iterator[dict[str, Any]]:
    after = datetime.now(UTC) - _STRETCH
    return mixed_events(number, customers=_CUSTOMERS, after=after, over=_STRETCH, seed=seed)


async def _warm_singles(client: aiohttp.ClientSession, url: str, headers: dict[str, str], *, seed: int) -> float:
    """Return requests a second of a server that has had its first ones."""
    await _singles(client, url, headers, seed=seed, seconds=_WARMING)
    return await _singles(client, url, headers, seed=seed + 1, seconds=_EACH_FOR)


async def _singles(client: aiohttp.ClientSession, url: str, headers: dict[str, str], *, seed: int, seconds: float) -> float:
    """Return requests a second, sent over `_AT_ONCE` connections without a pause."""
    bodies = iter([as_line(event) for event in _events(int(_MOST * seconds), seed=seed)])
    ending = time.perf_counter() + seconds
    done = 0

    async def one_after_another() -> None:
        nonlocal done
        for body in bodies:
            async with client.post(url, data=body, headers=headers) as response:
                await _demand(response)
            done += 1
            if time.perf_counter() >= ending:
                return

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(_AT_ONCE)))
    return done / (time.perf_counter() - began)


async def _batches(client: aiohttp.ClientSession, url: str, headers: dict[str, str], *, seed: int) -> float:
    """Return events a second, sent in batches over a few connections."""
    bodies = iter([json.dumps(batch, ensure_ascii=False).encode() for batch in _batched(seed)])

    async def one_after_another() -> None:
        for body in bodies:
            async with client.post(url, data=body, headers=headers) as response:
                await _demand(response)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(_BATCHES_AT_ONCE)))
    return _BATCH * _BATCHES / (time.perf_counter() - began)


def _batched(seed: int) -> list[list[dict[str, Any]]]:
    events = _events(_BATCH * _BATCHES, seed=seed)
    return [list(itertools.islice(events, _BATCH)) for _ in range(_BATCHES)]


async def _demand(response: aiohttp.ClientResponse) -> None:
    if response.status != 202:
        raise CannotRun(f"an event was answered with {response.status}: {(await response.text())[:300]}")
    await response.read()


async def _copies(database_url: str, *, seed: int) -> float:
    """Return rows a second that COPY writes into a table like that of the events, committed batch by batch alike."""
    batches = iter([[_row(event) for event in batch] for batch in _batched(seed)])

    async def one_after_another() -> None:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            for rows in batches:
                await _copy(connection, rows)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(_BATCHES_AT_ONCE)))
    return _BATCH * _BATCHES / (time.perf_counter() - began)


async def _copy(connection: psycopg.AsyncConnection, rows: Sequence[tuple[Any, ...]]) -> None:
    async with connection.cursor() as cursor, cursor.copy(f"COPY copied_events ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            await copy.write_row(row)
    await connection.commit()


def _row(event: dict[str, Any]) -> tuple[Any, ...]:
    data = json.dumps(event["data"], ensure_ascii=False)
    time = event["time"]
    return event["source"], event["id"], event["type"], event["subject"], uuid4(), time, time, data, bytes(32), 0, True
