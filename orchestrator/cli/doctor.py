"""`ringback doctor`: what is reachable, which version, and how to mend it."""

import asyncio
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.embedded import account, reach, reach_temporal
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.reach import Finding
from orchestrator.errors import BadInput, OrchestratorError
from orchestrator.settings import NotConfigured, Settings, data_folder, load

_UP = "run `ringback up`"


def doctor(
    data: Annotated[Path | None, typer.Option(help="Data folder; RINGBACK_DATA otherwise.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look at every part and say how to mend it. Exit code 0 when all is well, 2 when something is not."""
    findings = asyncio.run(examine(data or data_folder()))
    print(as_documents(findings) if as_json else as_lines(findings))
    if not all(finding.well for finding in findings):
        raise typer.Exit(2)


async def examine(place: Path) -> list[Finding]:
    """Look at Ringback itself, the data folder, PostgreSQL's account, the settings, and each server they name."""
    findings = [Finding("ringback", True, version("ringback")), *await _embedded(place)]
    try:
        settings = load(data=place)
    except NotConfigured as error:
        return [*findings, Finding("settings", False, error.detail, error.fix)]
    servers = await asyncio.gather(_database(settings), _temporal(settings), _carrier(settings), _api(settings))
    return [*findings, *servers]


def as_lines(findings: list[Finding]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{'ok  ' if finding.well else 'FAIL'}  {finding.part:<10}{finding.found}")
        if not finding.well and finding.fix:
            lines.append(f"      {'':<10}→ {finding.fix}")
    return "\n".join(lines)


def as_documents(findings: list[Finding]) -> str:
    documents = [{"part": one.part, "well": one.well, "found": one.found, "fix": one.fix} for one in findings]
    return json.dumps(documents, indent=1, ensure_ascii=False)


async def _embedded(place: Path) -> list[Finding]:
    try:
        folder = DataFolder(place)
    except BadInput as error:
        return [Finding("data", False, error.detail, error.fix)]
    try:
        how = await account.choose(folder)
    except OrchestratorError as error:
        return [Finding("data", True, str(folder.root)), Finding("account", False, str(error))]
    under = f" ({folder.read('postgres/where')})" if how is account.Account.NOBODY and os.geteuid() == 0 else ""
    return [
        Finding("data", True, str(folder.root)),
        Finding("account", True, f"the embedded PostgreSQL runs {how}{under}"),
    ]


async def _database(settings: Settings) -> Finding:
    if settings.database_url is None:
        return Finding("database", False, "no server was named and no embedded one is running", _UP)
    return await reach.database(settings.database_url)


async def _temporal(settings: Settings) -> Finding:
    if settings.temporal_address is None:
        return Finding("temporal", False, "no server was named and no embedded one is running", _UP)
    return await reach_temporal.temporal(settings)


async def _carrier(settings: Settings) -> Finding:
    if settings.carrier_url is None:
        return Finding("carrier", True, "Twilio itself")
    fix = "check RINGBACK_CARRIER_URL, or run `ringback up`"
    return await reach.http("carrier", settings.carrier_url, path="/", fix=fix)


async def _api(settings: Settings) -> Finding:
    fix = "check RINGBACK_PUBLIC_URL, or run `ringback up`"
    return await reach.http("api", settings.public_url, path="/readyz", fix=fix)
