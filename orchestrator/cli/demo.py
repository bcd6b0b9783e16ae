"""`ringback demo`: the main job, played on this machine in two minutes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.live import Live
from rich.table import Table

from orchestrator import logs
from orchestrator.embedded.demo.run import Progress, Result, run
from orchestrator.embedded.demo.stage import SHORTENED
from orchestrator.embedded.demo.verdict import passed, rows


def demo(
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    data: Annotated[Path | None, typer.Option(help="Keep the data in this folder; a temporary one by default.")] = None,
) -> None:
    """Send 300 customers' journeys to a real stack, let agents work, kill a worker, and judge. Exit 1 if a guarantee broke."""
    logs.configure(level="warning", json=False)
    console = Console()
    console.print("Shortened for the demo: " + ", ".join(f"{name} {value}" for name, value in SHORTENED.items()))
    with Live(console=console, refresh_per_second=2, transient=True) as live:
        result = uvloop.run(run(_Display(live).show, data=data))
    _show(console, result)
    if json_file is not None:
        json_file.write_text(json.dumps(result.figures, indent=1) + "\n", encoding="utf-8")
    if not passed(result.checks):
        raise typer.Exit(1)


class _Display:
    """The live table; each new phase leaves a line that stays, for those who read it later."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._phase = ""

    def show(self, progress: Progress) -> None:
        if progress.phase != self._phase:
            self._phase = progress.phase
            seconds = (datetime.now(UTC) - progress.began).total_seconds()
            self._live.console.print(f"{seconds:5.1f} s  {progress.phase}", highlight=False)
        self._live.update(_picture(progress))


def _picture(progress: Progress) -> Table:
    table = Table(title=f"Ringback: {progress.phase}", title_justify="left", show_header=False)
    for name, number in (progress.counts | dict(sorted(progress.did.items()))).items():
        table.add_row(name, str(number))
    return table


def _show(console: Console, result: Result) -> None:
    table = Table("figure", "value", title="What happened", title_justify="left")
    for name, value in rows(result.figures):
        table.add_row(name, value)
    console.print(table)
    for check in result.checks:
        mark = "[green]held[/]  " if check.held else "[red]BROKEN[/]"
        console.print(f"{mark} {check.guarantee}: {check.detail}", highlight=False)
    console.print("Verdict: every guarantee held." if passed(result.checks) else "Verdict: a guarantee was broken.")
