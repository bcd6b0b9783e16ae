"""`ringback audit`: ask a running deployment whether it keeps its guarantees."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from orchestrator.availability.calling_hours import default_book
from orchestrator.errors import BadInput
from orchestrator.insights.audit import Findings, audit
from orchestrator.settings import load
from orchestrator.storage.database import Database


def audit_command(
    ledger: Annotated[str | None, typer.Option(help="URL or file of the carrier's ledger; the simulator's by default.")] = None,
    accepted: Annotated[Path | None, typer.Option(help="JSON Lines of {source, id} that were accepted.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the guarantees against the database and the carrier's ledger; exit 1 when one is broken."""
    findings = asyncio.run(_audit(ledger, accepted))
    if as_json:
        print(json.dumps(asdict(findings) | {"violations": findings.violations}, indent=1))
    else:
        _show(findings)
    if findings.violations:
        raise typer.Exit(1)


async def _audit(ledger: str | None, accepted: Path | None) -> Findings:
    settings = load()
    rings = await _ledger(ledger or (f"{settings.carrier_url}/_sim/ledger" if settings.carrier_url else None))
    database = Database(settings.database(), pool_size=1)
    try:
        async with database.transaction() as session:
            return await audit(session, ledger=rings, accepted=_accepted(accepted), book=default_book())
    finally:
        await database.close()


async def _ledger(place: str | None) -> Sequence[Mapping[str, Any]]:
    if place is None:
        return []
    if not place.startswith(("http://", "https://")):
        return _rings(await asyncio.to_thread(Path(place).read_text, encoding="utf-8"), place)
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        try:
            response = (await client.get(place)).raise_for_status()
        except httpx.HTTPError as error:
            fix = "start the carrier simulator, or name its ledger"
            raise BadInput(f"the carrier's ledger cannot be read: {type(error).__name__}", field="--ledger", fix=fix) from None
    return _rings(response.text, place)


def _rings(body: str, place: str) -> Sequence[Mapping[str, Any]]:
    try:
        rings = json.loads(body)
    except json.JSONDecodeError:
        rings = None
    if not isinstance(rings, list) or not all(isinstance(ring, dict) and "attempt" in ring for ring in rings):
        raise BadInput(f"{place} holds no ledger", field="--ledger", fix="give a JSON list of objects with `attempt`")
    return rings


def _accepted(path: Path | None) -> list[tuple[str, str]]:
    if path is None:
        return []
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [(str(line["source"]), str(line["id"])) for line in lines]


def _show(findings: Findings) -> None:
    for name, value in asdict(findings).items():
        print(f"{name:<24}{json.dumps(value)}")
    broken = ", ".join(findings.violations)
    print(f"broken: {broken}" if broken else "every guarantee that can be asked of the data holds")
