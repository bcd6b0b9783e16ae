"""`ringback due`: by when somebody has to be called back, by a calendar file alone."""

import json
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.availability.calendars import read_calendar
from orchestrator.availability.due import callback_due
from orchestrator.cli.arguments import file_bytes, instant, length
from orchestrator.detection.durations import parse_duration, parse_pause
from orchestrator.errors import BadInput


def due(
    calendar: Annotated[Path, typer.Option(help="The queue's calendar, as YAML.")],
    within: Annotated[str, typer.Option(help="How soon a callback is due while open, such as 3h.")],
    cutoff: Annotated[str, typer.Option(help="Less than this before closing, the next opening counts, such as 2h.")],
    left: Annotated[str, typer.Option(help="When the message was left, RFC 3339 with offset.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Say when the callback is due. Exit code 2 for bad input, and where the calendar opens no more."""
    hours = read_calendar(file_bytes(calendar, field="--calendar"), name=str(calendar))
    known = callback_due(
        hours,
        instant(left, field="--left"),
        within=length(within, parse_duration, field="--within"),
        cutoff=length(cutoff, parse_pause, field="--cutoff"),
    )
    if known is None:
        fix = "give a calendar with hours within 400 days of --left"
        raise BadInput("the calendar does not open again", field="--calendar", fix=fix)
    # The fraction is cut: due a moment early is kept, a moment late is broken.
    text = known.strftime("%Y-%m-%dT%H:%M:%SZ")
    print(json.dumps({"due": text}) if as_json else text)
