"""What everybody changes about themselves: name, language, zone and password."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity import sessions, tries
from orchestrator.identity.accounts import check_details, person_with, told
from orchestrator.identity.changes import note_change
from orchestrator.identity.known_devices import Device, counted_as
from orchestrator.identity.passwords import check_length, hashed, matches
from orchestrator.identity.people import Viewer
from orchestrator.identity.tables import PersonRow
from orchestrator.identity.tries import Refusal
from orchestrator.storage.database import Database


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
    database: Database, viewer: Viewer, *, present: str, wanted: str, address: str, device: Device | None = None
) -> Refusal | None:
    """Take a new password from whoever knows the present one, and end the other sessions; None when it is done.

    The try counts as one of signing in. Raises `BadInput` for a new one that is too short or too long.
    """
    check_length(wanted)
    tried = await _try(database, viewer, present, address=address, device=device)
    if isinstance(tried, Refusal):
        return tried
    new_hash = await hashed(wanted)
    async with database.transaction() as session:
        person = await _own(session, viewer)
        if person.password_hash != tried.known or person.disabled_at is not None:  # somebody was quicker
            return Refusal.WRONG
        await tries.succeeded(session, tried.id)
        person.password_hash = new_hash
        if person.totp_confirmed_at is None:
            person.totp_secret = None  # one of the sessions that end has seen it, perhaps
        session.add(person)
        await _end_others(session, viewer, now=await database.clock.now(session))
    return None


async def prove_password(
    database: Database, viewer: Viewer, present: str, *, address: str, device: Device | None
) -> Refusal | None:
    """Tell whether who asks knows the viewer's password; None when they do, and for a viewer who has none here.

    A browser that was left open, or a session that was stolen, does not know it.
    """
    async with database.transaction() as session:
        if (await person_with(session, viewer.person_id)).password_hash is None:
            return None
    tried = await _try(database, viewer, present, address=address, device=device)
    if isinstance(tried, Refusal):
        return tried
    async with database.transaction() as session:
        await tries.succeeded(session, tried.id)
    return None


@dataclass(frozen=True, slots=True)
class _Try:
    """A try that was good so far; `known` is the hash it was held against."""

    id: int
    known: str | None


async def _try(database: Database, viewer: Viewer, present: str, *, address: str, device: Device | None) -> _Try | Refusal:
    """Count a try at the viewer's password, as one of signing in."""
    async with database.transaction() as session:
        now, device_id = await database.clock.now(session), counted_as(device, viewer.login)
        try_id = await tries.begin_try(session, viewer.login, address, now=now, device=device_id)
        known = (await person_with(session, viewer.person_id)).password_hash
    if try_id is None:
        return Refusal.TOO_OFTEN
    # This takes its time, so nothing is held meanwhile.
    return _Try(try_id, known) if await matches(present, known) else Refusal.WRONG


async def _end_others(session: AsyncSession, viewer: Viewer, *, now: datetime) -> None:
    after = {"other_sessions_ended": await sessions.end_others(session, viewer, now=now)}
    what = "person.password_changed"
    await note_change(session, who=viewer, what=what, subject=viewer.login, before=None, after=after, now=now)


async def _own(session: AsyncSession, viewer: Viewer) -> PersonRow:
    own = select(PersonRow).where(PersonRow.id == viewer.person_id).with_for_update()
    return (await session.exec(own.execution_options(populate_existing=True))).one()
