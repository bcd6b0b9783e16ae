"""What a session looked for, kept for a while under an id that says nothing: so its page can be gone back to."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.people import Viewer
from orchestrator.identity.tables import CustomerSearchRow

KEPT = timedelta(hours=1)


async def keep_search(session: AsyncSession, viewer: Viewer, words: str, *, now: datetime) -> UUID:
    """Keep what is looked for, and return by what this session alone finds it again. Older searches of all are forgotten."""
    await (await session.connection()).execute(delete(CustomerSearchRow).where(col(CustomerSearchRow.at) <= now - KEPT))
    row = CustomerSearchRow(session_id=viewer.session_id, words=words, at=now)
    session.add(row)
    await session.flush()
    return row.id


async def kept_search(session: AsyncSession, viewer: Viewer, search_id: UUID, *, now: datetime) -> str | None:
    """Return what was looked for; None where another session looked for it, or too long ago."""
    row = await session.get(CustomerSearchRow, search_id)
    return row.words if row is not None and row.session_id == viewer.session_id and row.at > now - KEPT else None
