"""The clock of a decision: the database's own, read after the locks are held."""

from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession


class Clock(Protocol):
    async def now(self, session: AsyncSession) -> datetime:
        """Return this instant, aware UTC. Never the transaction's start: behind a lock that is seconds old."""
        ...


class DatabaseClock:
    """PostgreSQL's `clock_timestamp()`: one clock for all processes, however many there are."""

    async def now(self, session: AsyncSession) -> datetime:
        connection = await session.connection()
        instant: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return instant.astimezone(UTC)
