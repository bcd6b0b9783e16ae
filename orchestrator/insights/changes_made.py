"""The audit as people read it: who changed what, the newest first, a page at a time."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.tables import ChangeRow


async def changes_made(
    session: AsyncSession, *, who: str = "", what: str = "", subject: str = "", before: int | None = None, limit: int = 50
) -> Sequence[ChangeRow]:
    """Return up to `limit` changes older than the one numbered `before`; an empty `who`, `what` or `subject` narrows nothing.

    `what` also names a kind: `task` finds `task.move`.
    """
    query = select(ChangeRow).order_by(col(ChangeRow.id).desc()).limit(limit)
    if who:
        query = query.where(ChangeRow.who == who)
    if what:
        query = query.where((col(ChangeRow.what) == what) | col(ChangeRow.what).startswith(f"{what}.", autoescape=True))
    if subject:
        query = query.where(ChangeRow.subject == subject)
    if before is not None:
        query = query.where(col(ChangeRow.id) < before)
    return (await session.exec(query)).all()
