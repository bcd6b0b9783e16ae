"""`ringback person`: who signs in to the pages."""

import secrets
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.identity import accounts, openid, second_factor
from orchestrator.identity.people import Role
from orchestrator.identity.tables import PersonRow
from orchestrator.queueing.roster import agent_named
from orchestrator.settings import Settings

person = typer.Typer(no_args_is_help=True, add_completion=False, help="People who sign in to the pages.")

Login = Annotated[str, typer.Argument(help="What they sign in with, such as their address of mail.")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input; else one is made and printed once.")
]


@person.command()
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="The name pages show.")],
    role: Annotated[Role, typer.Option(help="What they may do.")],
    agent: Annotated[str | None, typer.Option(help="The agent whose desk they sit at; for the role agent.")] = None,
    locale: Annotated[str, typer.Option(help="Language of their pages: en or he.")] = "en",
    zone: Annotated[str, typer.Option(help="Their time zone, such as Asia/Jerusalem.")] = "Etc/UTC",
    openid: Annotated[bool, typer.Option(help="No password: they sign in by OpenID Connect alone.")] = False,
    password_stdin: FromInput = False,
    data: Data = None,
) -> None:
    """Add a person. A password that was made here is the only line on standard output and is shown this once."""
    password = None if openid else _password(password_stdin)

    async def work(session: AsyncSession, now: datetime, _: Settings) -> None:
        agent_id = None if agent is None else (await agent_named(session, agent)).id
        await accounts.add_person(
            session,
            login,
            name=name,
            role=role,
            password=password,
            agent_id=agent_id,
            locale=locale,
            zone=zone,
            who=operator(),
            now=now,
        )

    in_transaction(work, data=data)
    if password is not None and not password_stdin:
        print(password)


@person.command("list")
def list_people(data: Data = None) -> None:
    """Show all people: login, role, language, how they sign in, and whether they may."""

    async def work(session: AsyncSession, _: datetime, __: Settings) -> Sequence[PersonRow]:
        return await accounts.people(session)

    for each in in_transaction(work, data=data):
        print("\t".join(_columns(each)))


@person.command()
def disable(login: Login, data: Data = None) -> None:
    """Shut a person out and end their sessions, at once."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> int:
        return await accounts.disable(session, login, who=operator(), now=now)

    print(f"{in_transaction(work, data=data)} sessions ended")


@person.command()
def password(login: Login, password_stdin: FromInput = False, data: Data = None) -> None:
    """Give a person a new password and end their sessions. One made here is printed this once."""
    chosen = _password(password_stdin)

    async def work(session: AsyncSession, now: datetime, _: Settings) -> None:
        await accounts.set_password(session, login, chosen, who=operator(), now=now)

    in_transaction(work, data=data)
    if not password_stdin:
        print(chosen)


@person.command("openid")
def go_over(login: Login, data: Data = None) -> None:
    """Take a person's password away and end their sessions: from now on they sign in by OpenID Connect alone."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> int:
        return await openid.go_over(session, login, settings=settings, who=operator(), now=now)

    print(f"{in_transaction(work, data=data)} sessions ended")


@person.command("forget-factor")
def forget_factor(login: Login, data: Data = None) -> None:
    """Remove the second factor of a person who lost it, with their recovery codes."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> None:
        known = await accounts.person_of(session, login)
        await second_factor.forget(session, known.id, who=operator(), now=now)

    in_transaction(work, data=data)


def _password(from_input: bool) -> str:
    return sys.stdin.readline().rstrip("\r\n") if from_input else secrets.token_urlsafe(15)


def _columns(each: PersonRow) -> list[str]:
    ways = [*(["password"] if each.password_hash else []), *(["openid"] if each.subject else [])]
    factor = "second factor" if each.totp_confirmed_at else "no second factor"
    state = "disabled" if each.disabled_at else "active"
    return [each.login, each.name, each.role, each.locale, "+".join(ways) or "not yet", factor, state]
