"""`ringback audit`: ask a running deployment whether it keeps its guarantees."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from orchestrator.availability.hours_book import default_book
from orchestrator.errors import BadInput
from orchestrator.insights.audit import Findings, audit
from orchestrator.settings import load
from orchestrator.storage.database import Database


def audit_command(
    ledger: Annotated[str | None, typer.Option(help="URL or file of the carrier's ledger; the simulator's by default.")] = None,
    accepted: Annotated[Path | None, typer.Option(help="JSON Lines of {source, id} that were accepted.")] = None,
    at_rest: Annotated[bool, typer.Option(help="Everything ought to be over: an open escalation is broken too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check the guarantees against the database and the carrier's ledger; exit 1 when one is broken."""
    findings = asyncio.run(_audit(ledger, accepted, at_rest=at_rest))
    if as_json:
        print(json.dumps(asdict(findings) | {"violations": findings.violations}, indent=1))
    else:
        _show(findings)
    if findings.violations:
        raise typer.Exit(1)


async def _audit(ledger: str | None, accepted: Path | None, *, at_rest: bool) -> Findings:
    settings = load()
    known = _accepted(accepted)
    rings = await _ledger(ledger or (f"{settings.carrier_url}/_sim/ledger" if settings.carrier_url else None))
    database = Database(settings.database(), pool_size=1)
    try:
        async with database.transaction() as session:
            return await audit(session, ledger=rings, accepted=known, book=default_book(), at_rest=at_rest)
    finally:
        await database.close()


async def _ledger(place: str | None) -> Sequence[Mapping[str, Any]]:
    if place is None:
        return []
    if not place.startswith(("http://", "https://")):
        return _rings(await asyncio.to_thread(_text, Path(place), field="--ledger"), place)
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
    lines = _text(path, field="--accepted").splitlines()
    return [_source_and_id(line, number, path) for number, line in enumerate(lines, start=1) if line.strip()]


def _source_and_id(line: str, number: int, path: Path) -> tuple[str, str]:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        event = None
    if not isinstance(event, dict) or not all(isinstance(event.get(name), str) for name in ("source", "id")):
        fix = "give one JSON object a line with `source` and `id`"
        raise BadInput(f"line {number} of {path} names no event", field="--accepted", fix=fix)
    return event["source"], event["id"]


def _text(path: Path, *, field: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise BadInput(f"cannot read {path}: {reason}", field=field, fix="name a text file that can be read") from None


def _show(findings: Findings) -> None:
    for name, value in asdict(findings).items():
        print(f"{name:<24}{json.dumps(value)}")
    broken = ", ".join(findings.violations)
    print(f"broken: {broken}" if broken else "every guarantee that can be asked of the data holds")
