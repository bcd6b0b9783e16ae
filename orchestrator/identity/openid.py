"""Signing in by an OpenID Connect provider: which of our people an account there is."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.accounts import LOGIN, login_of
from orchestrator.identity.changes import note_change
from orchestrator.identity.signing_in import SignedIn, open_session
from orchestrator.identity.tables import PersonRow


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
