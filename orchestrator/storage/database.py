"""The engine, and the one place that commits."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import OrchestratorError
from orchestrator.storage.clock import Clock, DatabaseClock

Result = TypeVar("Result")

# PostgreSQL: serialization_failure, deadlock_detected. The whole transaction may be repeated.
_REPEATABLE = frozenset({"40001", "40P01"})
_TRIES = 8
_USED = "used"
_FRESH = timedelta(seconds=1)
_PATIENCE = timedelta(seconds=30)


class DatabaseUnavailable(OrchestratorError):
    """The database did not answer. Nothing was committed, or it is unknown whether it was."""

    code = "database_unavailable"
    retryable = True


def async_url(url: str) -> str:
    """Return `url` with the one driver we use (psycopg 3), whatever PostgreSQL scheme it came with."""
    for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


class Database:
    """A pool of connections and the `Clock` that decisions read. One request, or one activity, is one transaction.

    `pool_size` is for how many at once it is made; as many again may be at work before others wait. A connection used within
    `fresh` is taken to stand still: asking it first costs a way to the database and back. Who waits for a connection longer
    than `patience` gets `DatabaseUnavailable`.
    """

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        clock: Clock | None = None,
        fresh: timedelta = _FRESH,
        patience: timedelta = _PATIENCE,
    ) -> None:
        self.clock = clock or DatabaseClock()
        self.engine: AsyncEngine = create_async_engine(
            async_url(url),
            # All of them are kept: one that is opened for an overflow and closed after it costs more than its query.
            pool_size=2 * pool_size,
            max_overflow=0,
            pool_timeout=patience.total_seconds(),
            hide_parameters=True,  # an error's text goes to logs: statements may stand there, customers' values may not
            json_serializer=_dump,
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
        )
        event.listen(self.engine.sync_engine.pool, "checkin", _note_use)
        event.listen(self.engine.sync_engine.pool, "checkout", partial(_ping_if_idle, self.engine.sync_engine.dialect, fresh))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session; commit at the end, roll back on any error. Raises `DatabaseUnavailable` when it is away."""
        try:
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except (OperationalError, InterfaceError) as error:
            if repeatable(error):
                raise
            raise DatabaseUnavailable(type(error.orig).__name__) from error
        except PoolTimeout as error:  # every connection is at work, and none came back in time
            raise DatabaseUnavailable("no connection is free") from error

    async def run(self, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
        """Do `work` in a transaction, and all of it again after a deadlock or a serialisation failure."""
        for _ in range(_TRIES - 1):
            try:
                async with self.transaction() as session:
                    return await work(session)
            except DBAPIError as error:
                if not repeatable(error):
                    raise
        try:
            async with self.transaction() as session:
                return await work(session)
        except DBAPIError as error:
            if repeatable(error):
                raise DatabaseUnavailable(type(error.orig).__name__) from error
            raise

    async def close(self) -> None:
        await self.engine.dispose()


def _note_use(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = monotonic()


def _ping_if_idle(
    dialect: Dialect,
    fresh: timedelta,
    connection: DBAPIConnection,
    record: ConnectionPoolEntry,
    proxy: PoolProxiedConnection,
) -> None:
    """Ask a connection that has lain idle whether it still stands, before a transaction counts on it."""
    if monotonic() - record.info.get(_USED, 0.0) < fresh.total_seconds():
        return
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, connection, None):
            raise InvalidatePoolError from error
        raise


def repeatable(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in _REPEATABLE


def _dump(value: Any) -> str:  # JSON of any shape, as SQLAlchemy hands it over
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
