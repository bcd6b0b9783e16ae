"""`ringback channel`: who may report events."""

from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.errors import BadInput, NoSuch
from orchestrator.intake.channel_levels import change_level, read_level
from orchestrator.intake.channels import ChannelKind, add_channel, list_channels, revoke_channel
from orchestrator.intake.tables import ChannelRow
from orchestrator.settings import Settings

channel = typer.Typer(no_args_is_help=True, help="Channels that report events, each with a key of its own.")

Name = Annotated[str, typer.Argument(help="Name of the channel.")]
Kind = Annotated[str, typer.Option(help=f"One of {', '.join(ChannelKind)}.")]
Minutes = Annotated[str, typer.Option(help="How soon after they happened events arrive, in minutes.")]
Percent = Annotated[str, typer.Option(help="What share of them, in percent.")]
Types = Annotated[list[str] | None, typer.Option(help="Event types it may report, such as checkout.*; repeat for more.")]


@channel.command("add")
def add(name: Name, kind: Kind, types: Types = None, data: Data = None) -> None:
    """Add a channel and print its key, which is shown this once and stored hashed."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> str:
        return await add_channel(session, name, kind=kind, types=types or [], who=operator(), now=now)

    print(in_transaction(work, data=data))


@channel.command("list")
def list_(data: Data = None) -> None:
    """List the channels: name, kind, types, and whether the key is in force."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[ChannelRow]:
        return await list_channels(session)

    for row in in_transaction(work, data=data):
        print(row.name, row.kind, ",".join(row.types) or "*", "revoked" if row.revoked_at else "active", sep="\t")


@channel.command("revoke")
def revoke(name: Name, data: Data = None) -> None:
    """End a channel's key at once."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> None:
        try:
            await revoke_channel(session, name, who=operator(), now=now)
        except NoSuch as error:
            raise BadInput(str(error), field="name", fix="see `ringback channel list`") from None

    in_transaction(work, data=data)


@channel.command("level")
def level(name: Name, minutes: Minutes = "", percent: Percent = "", data: Data = None) -> None:
    """Hold a partner's channel to what it promises: such a share of its events arrives so soon. Neither: to nothing."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> None:
        try:
            await change_level(session, name, read_level(minutes, percent), who=operator(), now=now)
        except NoSuch as error:
            raise BadInput(str(error), field="name", fix="see `ringback channel list`") from None

    in_transaction(work, data=data)
