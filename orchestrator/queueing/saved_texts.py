"""Documents that keep no versions of their own: what they said before stands in the audit."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.tables import ChangeRow
from orchestrator.queueing.seen import Seen, unified


async def since_seen(session: AsyncSession, seen: Seen, *, what: str, subject: str, named: str, version: int, text: str) -> str:
    """Return what changed from the version its author saw to `version`, which says `text`, as a unified diff.

    `what` and `subject` are those of the audit's lines of its saves. Empty where nobody ever saved what they saw.
    """
    if seen.version is None:
        return ""
    query = select(ChangeRow.after).where(ChangeRow.what == what, ChangeRow.subject == subject)
    newest_first = query.order_by(col(ChangeRow.at).desc(), col(ChangeRow.id).desc())
    for after in (await session.exec(newest_first)).all():
        if after is not None and after.get("version") == seen.version:
            old = str(after.get("document", ""))
            return unified(old, text, since=f"{named} version {seen.version}", to=f"{named} version {version}")
    return ""
