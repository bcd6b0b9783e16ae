"""Signing in by an OpenID Connect provider: which of our people an account there is."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput
from orchestrator.identity import sessions
from orchestrator.identity.accounts import LOGIN, login_of, person_of
from orchestrator.identity.changes import Who, note_change
from orchestrator.identity.signing_in import SignedIn, open_session
from orchestrator.identity.tables import PersonRow
from orchestrator.settings import Settings


async def go_over(session: AsyncSession, login: str, *, settings: Settings, who: Who, now: datetime) -> int:
    """Take a person's password away, so that they sign in by OpenID Connect alone; return how many sessions that ended.

    Who has none stays as they are. Raises `BadInput` where no provider is named, `NoSuch`.
    """
    if not settings.offers_openid:
        fix = "set RINGBACK_OPENID_ISSUER and RINGBACK_OPENID_CLIENT_ID first"
        raise BadInput("nobody could sign in without a password", field="openid", fix=fix)
    person = await person_of(session, login)
    if person.password_hash is None:
        return 0
    person.password_hash = None
    session.add(person)
    ended = await sessions.end_all(session, person.id, now=now)
    before, after = {"password": True, "sessions": ended}, {"password": False, "sessions": 0}
    what = "person.password_removed"
    await note_change(session, who=who, what=what, subject=person.login, before=before, after=after, now=now)
    return ended


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody as the provider vouches for them; `login` is None where it vouches for none."""

    issuer: str
    subject: str
    login: str | None


async def sign_in_by_openid(session: AsyncSession, account: Account, *, now: datetime) -> SignedIn | None:
    """Open a session for the person of this account; None where we know none.

    An account is bound to the person of its login, one without a password, the first time it comes, and stays that person's
    whatever its login becomes; a person has one account. The second factor, where one is set up here, is owed all the same.
    """
    person = await _bound(session, account) or await _bind(session, account, now=now)
    if person is None or person.disabled_at is not None:
        return None
    return await open_session(session, person, now=now)


async def _bound(session: AsyncSession, account: Account) -> PersonRow | None:
    query = select(PersonRow).where(PersonRow.issuer == account.issuer, PersonRow.subject == account.subject)
    return (await session.exec(query.with_for_update())).first()  # nobody shuts them out meanwhile


async def _bind(session: AsyncSession, account: Account, *, now: datetime) -> PersonRow | None:
    login = login_of(account.login or "")
    if LOGIN.fullmatch(login) is None:
        return None
    query = select(PersonRow).where(PersonRow.login == login).with_for_update()
    person = (await session.exec(query)).first()
    if person is None or person.subject is not None or person.disabled_at is not None:
        return None
    if person.password_hash is not None:  # who they are is proved by that here, not by a name the provider gave
        return None
    person.issuer, person.subject = account.issuer, account.subject
    session.add(person)
    after = {"issuer": account.issuer}
    await note_change(session, who=login, what="person.account_bound", subject=login, before=None, after=after, now=now)
    return person
