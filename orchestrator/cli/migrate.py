"""`ringback migrate`: bring the database to this version's schema, before new processes start."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from orchestrator import logs
from orchestrator.embedded import reach
from orchestrator.embedded.first_start import make_ready
from orchestrator.settings import load


def migrate(data: Annotated[Path | None, typer.Option(help="Data folder; RINGBACK_DATA otherwise.")] = None) -> None:
    """Bring the database to this version's schema, with the shipped rules in shadow. `ringback up` does it by itself."""
    settings = load(data=data)
    logs.configure(level=settings.log_level, json=settings.log_json)
    asyncio.run(_migrate(settings.database()))


async def _migrate(url: str) -> None:
    (await reach.database(url)).demand()
    await make_ready(url)
