"""`ringback registry`: national lists of numbers that want no marketing calls."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.cli.arguments import Data
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.errors import BadInput
from orchestrator.permissions.registries import RegistryStanding, import_registry, registries_now
from orchestrator.permissions.tables import RegistryRow
from orchestrator.settings import Settings

registry = typer.Typer(no_args_is_help=True, help="Do-not-call registries: lists of numbers that want no marketing calls.")

_BLOCK = 1 << 20  # bytes

Name = Annotated[str, typer.Argument(help="Name of the registry, such as il-do-not-call.")]
File = Annotated[Path, typer.Argument(help="The list: one number a line, at the end the line END and how many there are.")]
AsOf = Annotated[str, typer.Option(help="The date of the list itself, such as 2026-11-22.")]
Country = Annotated[str, typer.Option(help="Whose registry it is, such as IL.")]
Count = Annotated[int | None, typer.Option(min=0, help="How many numbers it must hold, where it has no END line.")]


@registry.command("import")
def import_(name: Name, file: File, as_of: AsOf, country: Country, count: Count = None, data: Data = None) -> None:
    """Import a list in place of the one before: whole, or, where a line does not fit, not at all."""
    dated = _date(as_of)

    async def work(session: AsyncSession, now: datetime, _: Settings) -> RegistryRow:
        with _opened(file) as opened:
            blocks = _blocks(opened)
            return await import_registry(
                session, name, blocks, country=country.upper(), as_of=dated, count=count, who=operator(), now=now
            )

    print(f"{name}: {in_transaction(work, data=data).entries} numbers of {dated:%Y-%m-%d}")


@registry.command("list")
def list_(data: Data = None) -> None:
    """List the registries: name, country, date of the list, numbers, age in days, and whether that is too old."""

    async def work(session: AsyncSession, now: datetime, _: Settings) -> list[RegistryStanding]:
        return await registries_now(session, now=now)

    for each in in_transaction(work, data=data):
        row, state = each.row, "too old" if each.stale else "current"
        print(row.name, row.country, f"{row.as_of:%Y-%m-%d}", row.entries, each.age.days, state, sep="\t")


def _date(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise BadInput("this is no date", field="--as-of", fix="write it like 2026-11-22") from None


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"cannot read {file}: {reason}", field="FILE", fix="name a file that can be read") from None


def _blocks(opened: BinaryIO) -> Iterator[bytes]:
    while block := opened.read(_BLOCK):
        yield block
