"""`ringback token`: tokens of people who run the place."""

from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import end_of, in_transaction, operator
from orchestrator.errors import BadInput
from orchestrator.identity import tokens
from orchestrator.identity.tables import Scope
from orchestrator.settings import Settings

token = typer.Typer(no_args_is_help=True, add_completion=False, help="Tokens of supervisors and administrators.")

Name = Annotated[str, typer.Argument(help="Whose token; changes are recorded under this name.")]


@token.command()
def add(
    name: Name,
    scope: Annotated[Scope, typer.Option(help="What it is for.")] = Scope.SUPERVISOR,
    expires: Annotated[str | None, typer.Option(help="How long it lasts, such as 30d; for ever otherwise.")] = None,
    data: Data = None,
) -> None:
    """Make a token. It is the only line on standard output and is shown this once."""
    if scope is Scope.AGENT:
        raise BadInput("an agent's token belongs to an agent", field="--scope", fix="use `ringback agent add` or `agent token`")

    async def work(session: AsyncSession, now: datetime, _: Settings) -> str:
        return await tokens.issue(session, name=name, scope=scope, expires_at=end_of(expires, now), who=operator(), now=now)

    print(in_transaction(work, data=data))


@token.command()
def revoke(name: Name, data: Data = None) -> None:
    """End every token of this name at once."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> int:
        return await tokens.revoke(session, name=name, who=operator(), now=now)

    print(f"{in_transaction(work, data=data)} tokens ended")
