"""The second factor: codes of an authenticator (TOTP), each taken once, or one of the recovery codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import Conflict
from orchestrator.identity import recovery_codes, sessions
from orchestrator.identity.changes import note_change
from orchestrator.identity.people import Viewer
from orchestrator.identity.sealing import seal, unseal
from orchestrator.identity.tables import PersonRow
from orchestrator.identity.tries import PER_PLACE, Refusal, begin_try, succeeded
from orchestrator.settings import PayloadKey

ISSUER = "Ringback"
_WINDOW = 1  # a code of the half minute before or after is taken too: phones' clocks differ

Keys = Sequence[PayloadKey]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A secret for an authenticator; it counts once a code made with it was shown. `uri` is what a QR code says."""

    secret: str
    uri: str

    @property
    def grouped(self) -> str:
        """The secret as it is read and typed: in fours."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


async def propose(session: AsyncSession, viewer: Viewer, *, keys: Keys, again: bool = False) -> Proposal:
    """Return a fresh secret that waits for its first code; `again`, the one that waits. Raises `Conflict` when one is in use.

    Fresh, because whoever looked at the page before may have kept what it showed.
    """
    person = await _locked(session, viewer.person_id)
    if person.totp_confirmed_at is not None:
        raise Conflict("a second factor is in use", fix="remove it first")
    if person.totp_secret is None or not again:
        person.totp_secret = seal(pyotp.random_base32(), about=str(person.id), keys=keys)
        session.add(person)
    secret = unseal(person.totp_secret, about=str(person.id), keys=keys)
    return Proposal(secret, pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name=ISSUER))


async def confirm(session: AsyncSession, viewer: Viewer, code: str, *, keys: Keys, now: datetime) -> Sequence[str] | None:
    """Take the proposed secret into use and return the recovery codes, shown this once; None when the code is wrong.

    The viewer's other sessions end: they were opened without it.
    """
    person = await _locked(session, viewer.person_id)
    if person.totp_confirmed_at is not None or not _take_totp(person, code, keys=keys, now=now):
        return None
    person.totp_confirmed_at = now
    session.add(person)
    await sessions.end_others(session, viewer, now=now)
    await _note(session, viewer, person, "person.second_factor_added", before=False, now=now)
    return await recovery_codes.fresh(session, person.id)


async def shown(
    session: AsyncSession, person_id: UUID, code: str, *, address: str, device: str | None, keys: Keys, now: datetime
) -> Refusal | None:
    """Use up the authenticator's code or a recovery code; None when it was good. Commit either way: the try counts."""
    # Counted apart from the password's tries, and from everywhere no more than from one place: a code has but six digits.
    try_id = await begin_try(session, f"code of {person_id}", address, now=now, device=device, most=PER_PLACE)
    if try_id is None:
        return Refusal.TOO_OFTEN
    person = await _locked(session, person_id)
    if person.totp_confirmed_at is None or not await _take(session, person, code, keys=keys, now=now):
        return Refusal.WRONG
    await succeeded(session, try_id)
    return None


async def renew_codes(session: AsyncSession, viewer: Viewer, *, now: datetime) -> Sequence[str]:
    """Replace the recovery codes and return the new ones; the caller has had a code shown."""
    what, subject = "person.recovery_codes_renewed", viewer.login
    await note_change(session, who=viewer, what=what, subject=subject, before=None, after=None, now=now)
    return await recovery_codes.fresh(session, viewer.person_id)


async def forget(session: AsyncSession, person_id: UUID, *, who: Viewer | str, now: datetime) -> None:
    """Take a person's second factor out of use, with the recovery codes."""
    person = await _locked(session, person_id)
    person.totp_secret, person.totp_confirmed_at, person.totp_step = None, None, None
    session.add(person)
    await recovery_codes.drop(session, person.id)
    await _note(session, who, person, "person.second_factor_removed", before=True, now=now)


async def _take(session: AsyncSession, person: PersonRow, code: str, *, keys: Keys, now: datetime) -> bool:
    if _take_totp(person, code, keys=keys, now=now):
        session.add(person)
        return True
    if not await recovery_codes.take(session, person.id, code, now=now):
        return False
    what, after = "person.recovery_code_used", {"codes_left": await recovery_codes.left(session, person.id)}
    await note_change(session, who=person.login, what=what, subject=person.login, before=None, after=after, now=now)
    return True


def _take_totp(person: PersonRow, code: str, *, keys: Keys, now: datetime) -> bool:
    if person.totp_secret is None:
        return False
    totp = pyotp.TOTP(unseal(person.totp_secret, about=str(person.id), keys=keys))
    try:
        step = totp.verify_and_get_timecode("".join(code.split()), for_time=now, valid_window=_WINDOW)
    except OTPVerificationError:
        return False
    if person.totp_step is not None and step <= person.totp_step:
        return False  # seen over somebody's shoulder, perhaps
    person.totp_step = step
    return True


async def _locked(session: AsyncSession, person_id: UUID) -> PersonRow:
    # Read anew where the session has them already: a code taken meanwhile is not taken again.
    this = select(PersonRow).where(PersonRow.id == person_id).with_for_update().execution_options(populate_existing=True)
    return (await session.exec(this)).one()


async def _note(session: AsyncSession, who: Viewer | str, person: PersonRow, what: str, *, before: bool, now: datetime) -> None:
    told = {"before": {"second_factor": before}, "after": {"second_factor": not before}}
    await note_change(session, who=who, what=what, subject=person.login, now=now, **told)
