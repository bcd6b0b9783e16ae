"""`ringback up`: everything on one machine, until it is told to end."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestrator import logs
from orchestrator.embedded import first_people
from orchestrator.embedded.folder import URLS, DataFolder
from orchestrator.embedded.processes import Addresses, Stack
from orchestrator.settings import data_folder

Port = typer.Option(min=1, max=65535, help="A free port; by default the one of the last time.")


def up(
    data: Annotated[Path | None, typer.Option(help="Data folder; RINGBACK_DATA otherwise.")] = None,
    api_port: Annotated[int | None, Port] = None,
    carrier_port: Annotated[int | None, Port] = None,
) -> None:
    """Run everything on this machine: embedded servers, carrier simulator, API and worker. Ctrl-C ends it in order."""
    logs.configure(level="info", json=False)
    folder = DataFolder(data or data_folder())
    asyncio.run(_until_told_to_end(_serve(Stack(folder, api_port=api_port, carrier_port=carrier_port), folder)))


async def _serve(stack: Stack, folder: DataFolder) -> None:
    addresses = await stack.start()
    try:
        _show(addresses, folder)
        await asyncio.Event().wait()
    finally:
        await stack.stop()


async def _until_told_to_end(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until it ends or a signal asks for its end; it then ends in its own order."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def _show(addresses: Addresses, folder: DataFolder) -> None:
    rows = {
        "desk": f"{addresses.api}/desk",
        "console": f"{addresses.api}/console",
        "API": f"{addresses.api}/docs",
        "carrier": addresses.carrier,
        "Temporal": addresses.temporal_ui or "your own",
        "logs": folder.logs,
        "addresses": folder.root / URLS,
    }
    lines = ["Ringback is up. Ctrl-C ends it.", *(f"  {name:<10}{value}" for name, value in rows.items())]
    print(*lines, *_people(folder), sep="\n", flush=True)


def _people(folder: DataFolder) -> list[str]:
    people = first_people.introduced(folder)
    if not people:
        return ["Add somebody who signs in: ringback person add LOGIN --name NAME --role admin"]
    told = f"Sign in as one of these; the passwords of the first start stand in {folder.root / first_people.FILE}:"
    return [told, *(f"  {each.login:<12}{each.password:<14}{each.page}" for each in people)]
