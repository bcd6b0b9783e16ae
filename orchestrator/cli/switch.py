"""`ringback switch`: one stops all new calls within seconds, of everything, a queue or a rule."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import SwitchRow
from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.errors import BadInput
from orchestrator.queueing import switching
from orchestrator.settings import Settings

switch = typer.Typer(no_args_is_help=True, add_completion=False, help="Kill switches: they stop all new calls within seconds.")


@switch.command()
def throw(
    reason: Annotated[str, typer.Option(help="Why; everyone at the console reads it.")],
    queue: Annotated[str | None, typer.Option(help="Of this queue alone.")] = None,
    rule: Annotated[str | None, typer.Option(help="Of this rule alone.")] = None,
    data: Data = None,
) -> None:
    """Stop new calls: all of them, or those of a queue or of a rule. Calls that ring or talk finish. Prints the switch's id."""
    if queue is not None and rule is not None:
        raise BadInput("a switch is for one queue or for one rule", field="--rule", fix="throw one for each")
    if not reason.strip():
        raise BadInput("there is no reason", field="--reason", fix="say why: whoever asks tomorrow has to know")
    of_one = SwitchScope.RULE if rule is not None else SwitchScope.QUEUE
    target = rule if rule is not None else queue
    scope = SwitchScope.EVERYTHING if target is None else of_one

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> UUID:
        row = await switching.throw(
            session,
            scope=scope,
            target=target,
            reason=reason.strip(),
            author=operator(),
            who=operator(),
            now=now,
            settings=settings,
        )
        return row.id

    print(in_transaction(work, data=data))


@switch.command()
def lift(
    switch_id: Annotated[UUID, typer.Argument(help="The switch's id, as `ringback switch list` shows it.")], data: Data = None
) -> None:
    """Let calls go on that this switch stopped."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> None:
        try:
            await switching.lift(session, switch_id, who=operator(), now=now, settings=settings)
        except switching.NoSuchSwitch as error:
            raise BadInput(str(error), field="SWITCH_ID", fix="see `ringback switch list`") from None

    in_transaction(work, data=data)


@switch.command("list")
def list_switches(data: Data = None) -> None:
    """Show the switches that are thrown: id, what they stop, since when, by whom and why."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> Sequence[SwitchRow]:
        return await switching.thrown(session)

    for row in in_transaction(work, data=data):
        stopped = row.scope if row.target is None else f"{row.scope} {row.target}"
        since = row.thrown_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        print("\t".join([str(row.id), stopped, since, row.author, row.reason]))
