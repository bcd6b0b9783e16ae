"""`ringback limits`: caps and budgets, as a document."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.limits import as_yaml, read_limits
from orchestrator.cli.arguments import Data, file_bytes
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.queueing.limits import limits_in_force, save_limits
from orchestrator.settings import Settings

limits = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Limits: caps on contacts with anybody, budgets of calls and money."
)


@limits.command()
def put(
    file: Annotated[Path, typer.Argument(help="All limits as YAML: `caps`, `budgets`, `costs`.")],
    seen: Annotated[int | None, typer.Option("--if-version", min=0, help="Only where this version is in force.")] = None,
    data: Data = None,
) -> None:
    """Save all limits anew; they are in force at once."""
    document = file_bytes(file, field="FILE")
    read_limits(document, name=str(file))
    tag = "*" if seen is None else str(seen)

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> int:
        saved = await save_limits(session, document, seen=tag, who=operator(), now=now, settings=settings)
        return saved.version

    print(f"limits: version {in_transaction(work, data=data)}")


@limits.command()
def show(data: Data = None) -> None:
    """Print the limits that are in force, as YAML; before any were saved, the caps of the setting."""

    async def work(session: AsyncSession, _: datetime, settings: Settings) -> str:
        known = await limits_in_force(session, settings)
        return known.text or as_yaml(known.document)

    print(in_transaction(work, data=data), end="")
