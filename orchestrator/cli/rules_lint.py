"""`ringback rules lint`: what is wrong with rules before they run, from files alone."""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field, RootModel

from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.cli.arguments import file_bytes, instant
from orchestrator.detection.lint.findings import LintedRule
from orchestrator.detection.lint.linting import Known, Report
from orchestrator.detection.lint.linting import lint as run_lint
from orchestrator.detection.rule_files import read_rule_files
from orchestrator.documents import read_document
from orchestrator.errors import BadInput
from orchestrator.wording.shipped import SCRIPT_NAMES, TEMPLATE_NAMES

_SUFFIXES = (".yaml", ".yml")


class Queue(BaseModel):
    """`calendar` is the name of one in `--calendars`; `agents` is read by the back-test alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calendar: Annotated[str, Field(min_length=1, max_length=1024)]
    agents: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = None


class QueuesFile(RootModel[dict[str, Queue]]):
    """Queues by name: the staff file of a back-test will do."""


def lint(
    directory: Annotated[Path, typer.Argument(help="Directory of rule files, one rule each.")],
    calendars: Annotated[Path | None, typer.Option(help="Directory of calendars: *.yaml and *.yml directly in it.")] = None,
    queues: Annotated[Path | None, typer.Option(help="YAML {queue: {calendar, agents}}.")] = None,
    at: Annotated[str | None, typer.Option(help="Look from this time on, RFC 3339 with offset; else from now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say what is wrong with rules, where, and how to mend it. Exit code 1 when something must be mended, 2 for bad input."""
    rules = [LintedRule(file.rule, file.spots) for file in read_rule_files(directory)]
    now = datetime.now(UTC) if at is None else instant(at, field="--at")
    report = run_lint(rules, _known(calendars, queues), now=now)
    print(
        json.dumps([finding.as_json() for finding in report.findings], ensure_ascii=False) if as_json else _told(report, rules)
    )
    for missing in report.not_made:
        print(f"not checked: {missing.code} (needs {missing.lacks})", file=sys.stderr)
    if report.has_errors:
        raise typer.Exit(1)


def _known(calendars: Path | None, queues: Path | None) -> Known:
    known = Known(scripts=SCRIPT_NAMES, templates=TEMPLATE_NAMES)
    if queues is None:
        return known
    named = read_document(file_bytes(queues, field="--queues"), QueuesFile, name=str(queues)).root
    by_queue = None if calendars is None else _calendars_of(named, queues, _read_calendars(calendars))
    return Known(queues=named.keys(), calendars=by_queue, scripts=known.scripts, templates=known.templates)


def _read_calendars(directory: Path) -> dict[str, Calendar]:
    if not directory.is_dir():
        raise BadInput(f"{directory} is not a directory", field="--calendars", fix="name a directory of calendars")
    paths = sorted(path for path in directory.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    found: dict[str, Calendar] = {}
    for path in paths:
        calendar = read_calendar(file_bytes(path, field="--calendars"), name=str(path))
        found[calendar.name] = calendar
    return found


def _calendars_of(queues: Mapping[str, Queue], file: Path, calendars: Mapping[str, Calendar]) -> dict[str, Calendar]:
    for name, queue in queues.items():
        if queue.calendar not in calendars:
            fix = f"known are {', '.join(sorted(calendars)) or 'none'}"
            raise BadInput(f"{file}: queue {name} keeps the calendar {queue.calendar}, which is not there", field=name, fix=fix)
    return {name: calendars[queue.calendar] for name, queue in queues.items()}


def _as_json(report: Report) -> str:
    return json.dumps([finding.as_json() for finding in report.findings], ensure_ascii=False)


def _told(report: Report, rules: list[LintedRule]) -> str:
    lines = [str(finding) for finding in report.findings]
    return "\n".join([*lines, f"{len(rules)} rules, {len(lines)} findings"])
