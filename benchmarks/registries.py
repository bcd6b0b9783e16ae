"""Looking a number up in a registry of ten million, against the barest query by a key; and importing such a list."""

import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from random import Random
from statistics import median

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.errors import CannotRun
from benchmarks.figures import Figure
from benchmarks.place import Place
from orchestrator.permissions.marketing import holds
from orchestrator.permissions.registries import import_registry
from orchestrator.storage.database import Database

_NUMBERS = 10_000_000
_FIRST = 972_500_000_000
_STRIDE = 9_999_991  # a prime: lines come in no order, as lists do
_BLOCK = 50_000  # lines
_LOOKUPS = 4_000
_LIMIT = 1.0  # ms

Look = Callable[[AsyncSession, int], Awaitable[bool]]


async def run(place: Place) -> list[Figure]:
    """Measure lookups and the import. Raises `CannotRun` when a number is missing from the list, or found beside it."""
    database = await place.database_alone(pool_size=2)
    began = time.perf_counter()
    edition = await _import(database)
    seconds = time.perf_counter() - began
    async with database.transaction() as session:
        await (await session.connection()).execute(text("CREATE TABLE bare AS SELECT 7::bigint AS number"))
    floor = await _milliseconds(database, _bare)
    measured = await _milliseconds(database, lambda session, number: holds(session, edition, number))
    return [
        Figure(f"look a number up among {_NUMBERS:,}", "ms", measured, floor, limit=_LIMIT),
        Figure(f"import a list of {_NUMBERS:,} numbers", "s", seconds, limit=600),
    ]


async def _import(database: Database) -> int:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        row = await import_registry(
            session, "bench", _file(), country="IL", as_of=now - timedelta(days=1), count=None, who="bench", now=now
        )
        return row.edition


def _file() -> Iterator[bytes]:
    """Yield a list of even numbers in no order: an odd one between them is not on it."""
    for start in range(0, _NUMBERS, _BLOCK):
        steps = range(start, start + _BLOCK)
        yield b"".join(b"+%d\n" % (_FIRST + 2 * (step * _STRIDE % _NUMBERS)) for step in steps)
    yield b"END %d\n" % _NUMBERS


async def _bare(session: AsyncSession, number: int) -> bool:
    query = text("SELECT EXISTS (SELECT 1 FROM bare WHERE number = :number)")
    await (await session.connection()).execute(query, {"number": number})
    return number % 2 == 0


async def _milliseconds(database: Database, look: Look) -> float:
    """Return the median of one lookup in a transaction that is open already; half of the numbers are on the list."""
    random, taken, wrong = Random(7), [], 0
    async with database.transaction() as session:
        for _ in range(_LOOKUPS):
            number = _FIRST + random.randrange(2 * _NUMBERS)
            began = time.perf_counter()
            found = await look(session, number)
            taken.append(time.perf_counter() - began)
            wrong += found is not (number % 2 == 0)
    if wrong:
        raise CannotRun(f"{wrong} of {_LOOKUPS} lookups gave a wrong answer")
    return 1000 * median(taken)
