"""`ringback events`: history and backlogs from files."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from orchestrator import logs
from orchestrator.cli.arguments import Data
from orchestrator.detection.acting import Policy
from orchestrator.detection.library import RuleLibrary
from orchestrator.embedded import reach
from orchestrator.errors import BadInput
from orchestrator.intake.accept import EventVerdict, Intake
from orchestrator.intake.event_files import lines_of
from orchestrator.intake.importing import Imported, import_lines
from orchestrator.settings import Settings, load
from orchestrator.storage.database import Database

events = typer.Typer(no_args_is_help=True, help="Events from files.")

File = Annotated[Path, typer.Argument(help="One CloudEvent a line.")]
Live = Annotated[bool, typer.Option("--live", help="Run the rules as if the events arrived now.")]


@events.callback()
def _events() -> None:
    pass


@events.command("import")
def import_(file: File, live: Live = False, data: Data = None) -> None:
    """Take in a file of events; what is refused is counted, and kept as dead letters."""

    settings = load(data=data)
    logs.configure(level=settings.log_level, json=settings.log_json)
    try:
        print(_line(asyncio.run(_import(settings, file, live=live))))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"cannot read {file}: {reason}", field="file", fix="name a file of events") from None


async def _import(settings: Settings, file: Path, *, live: bool) -> Imported:
    url = settings.database()
    (await reach.database(url)).demand()
    database = Database(url, pool_size=1)
    intake = Intake(database, RuleLibrary(), Policy.of(settings))
    result = Imported()
    try:
        with file.open("rb") as stream:
            async for counts in import_lines(intake, lines_of(stream), live=live):
                result = counts
    finally:
        await database.close()
    return result


def _line(result: Imported) -> str:
    counts = ", ".join(f"{result.verdicts[verdict]} {verdict.value}" for verdict in EventVerdict)
    line = f"{result.read} read: {counts}"
    if result.reasons:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(result.reasons.items()))
        line += f" ({reasons}; first at line {result.first_refused})"
    return line
