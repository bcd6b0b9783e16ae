"""The audit of changes: written in the transaction that makes them, so there is none without its line."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.people import Viewer
from orchestrator.identity.tables import ChangeRow
from orchestrator.storage.columns import Json

Who = Viewer | str  # a person, or the name of what acted: `token:NAME`, `cli:USER`


def name_of(who: Who) -> str:
    """Return how the audit names who acted."""
    return who.login if isinstance(who, Viewer) else who


async def note_change(
    session: AsyncSession,
    *,
    who: Who,
    what: str,
    subject: str,
    before: Json | None,
    after: Json | None,
    now: datetime,
) -> None:
    """Write down one change. `who` is a person, or the name of what acted; `what` such as `person.disabled`."""
    person_id = who.person_id if isinstance(who, Viewer) else None
    session.add(
        ChangeRow(at=now, who=name_of(who), person_id=person_id, what=what, subject=subject, before=before, after=after)
    )
    await session.flush()
