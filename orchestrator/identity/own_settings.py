"""What everybody changes about themselves: name, language, zone and password."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity import sessions, tries
from orchestrator.identity.accounts import check_details, told
from orchestrator.identity.changes import note_change
from orchestrator.identity.passwords import hashed, matches
from orchestrator.identity.people import Viewer
from orchestrator.identity.tables import PersonRow
from orchestrator.identity.tries import Refusal


@dataclass(frozen=True, slots=True)
class Details:
    name: str
    locale: str
    zone: str


async def change_own_details(session: AsyncSession, viewer: Viewer, details: Details, *, now: datetime) -> None:
    """Change how pages show the viewer, and in which language and zone. Raises `BadInput`."""
    check_details(name=details.name, locale=details.locale, zone=details.zone)
    person = await _own(session, viewer)
    before = told(person)
    person.name, person.locale, person.zone = details.name.strip(), details.locale, details.zone
    session.add(person)
    if (after := told(person)) != before:
        await note_change(session, who=viewer, what="person.changed", subject=viewer.login, before=before, after=after, now=now)


async def change_own_password(
    session: AsyncSession, viewer: Viewer, *, present: str, wanted: str, address: str, now: datetime
) -> Refusal | None:
    """Take a new password from whoever knows the present one, and end the other sessions; None when it is done.

    Commit either way: the try counts as one of signing in. Raises `BadInput` for a new one that is too short or too long.
    """
    new_hash = await hashed(wanted)  # both hashes take their time, so they are made before anything is held
    known = (await session.exec(select(PersonRow.password_hash).where(PersonRow.id == viewer.person_id))).one()
    right = await matches(present, known)
    try_id = await tries.begin_try(session, viewer.login, address, now=now)
    if try_id is None:
        return Refusal.TOO_OFTEN
    person = await _own(session, viewer)
    if not right or person.password_hash != known:  # another browser changed it in between
        return Refusal.WRONG
    await tries.succeeded(session, try_id)
    person.password_hash = new_hash
    session.add(person)
    ended = await sessions.end_others(session, viewer, now=now)
    after = {"other_sessions_ended": ended}
    what = "person.password_changed"
    await note_change(session, who=viewer, what=what, subject=viewer.login, before=None, after=after, now=now)
    return None


async def _own(session: AsyncSession, viewer: Viewer) -> PersonRow:
    own = select(PersonRow).where(PersonRow.id == viewer.person_id).with_for_update()
    return (await session.exec(own.execution_options(populate_existing=True))).one()
