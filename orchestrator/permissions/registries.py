"""Registries of numbers that want no marketing calls: imported whole or not at all, and listed with their age."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import AsyncConnection
from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.marketing_rules import RegistryRule, marketing_rules
from orchestrator.errors import BadInput
from orchestrator.identity.changes import Who, note_change
from orchestrator.permissions.registry_lines import NationalForm, RegistryLines
from orchestrator.permissions.tables import RegistryRow
from orchestrator.storage.columns import Json

_NAME = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class RegistryStanding:
    """A registry, the rule it serves, how old its list is, and whether that is too old to be called by."""

    row: RegistryRow
    rule: RegistryRule
    age: timedelta
    stale: bool


async def import_registry(
    session: AsyncSession,
    name: str,
    blocks: Iterable[bytes],
    *,
    country: str,
    as_of: datetime,
    count: int | None,
    who: Who,
    now: datetime,
) -> RegistryRow:
    """Read a file into a table of its own and let it take the place of the list before, all in the caller's transaction.

    Until that commits, everybody looks into the list before; on any fault nothing is changed. Raises `BadInput`.
    """
    await _check(session, name, country=country, as_of=as_of, now=now)
    lines = RegistryLines(blocks, form=NationalForm.of(country), count=count)
    edition = await _keep(session, lines)
    row = await _locked(session, name) or RegistryRow(
        name=name, country=country, as_of=as_of, entries=0, edition=edition, imported_at=now, imported_by=""
    )
    before = _told(row) if row.imported_by else None
    if row.previous is not None:
        await _run(session, f"DROP TABLE registry_{row.previous:d}")
    row.previous = row.edition if before else None
    row.country, row.as_of, row.entries, row.edition = country, as_of, lines.read, edition
    row.imported_at, row.imported_by = now, who if isinstance(who, str) else who.login
    session.add(row)
    await session.flush()
    await note_change(session, who=who, what="registry.imported", subject=name, before=before, after=_told(row), now=now)
    return row


async def registries_now(session: AsyncSession, *, now: datetime) -> list[RegistryStanding]:
    """Return every registry by name, and how it stands."""
    return [_standing(row, now) for row in await _all(session)]


def countries_with_registries() -> list[str]:
    """Return the countries (ISO alpha-2) whose registry the shipped rules know."""
    return sorted(country for country, rules in marketing_rules().items() if rules.registry is not None)


async def _check(session: AsyncSession, name: str, *, country: str, as_of: datetime, now: datetime) -> None:
    if _NAME.fullmatch(name) is None:
        raise BadInput("this is no name of a registry", field="NAME", fix="use small letters, digits and hyphens, up to 64")
    if country not in countries_with_registries():
        fix = f"give one of {', '.join(countries_with_registries())}"
        raise BadInput("no registry of this country is known", field="--country", fix=fix)
    if as_of > now:
        raise BadInput("the list is dated in the future", field="--as-of", fix="give the date the list itself bears")
    known = await session.get(RegistryRow, name)
    if known is not None and known.country != country:
        raise BadInput(f"{name} is a registry of {known.country}", field="--country", fix="choose another name for this one")
    if known is not None and as_of < known.as_of:
        fix = "give the date of the newer list, or leave it as it is"
        raise BadInput("the list in force is newer than this one", field="--as-of", fix=fix)


async def _keep(session: AsyncSession, lines: RegistryLines) -> int:
    """Copy the numbers into a table of their own, indexed once they are all there, and return its edition."""
    connection = await session.connection()
    edition = int((await connection.execute(text("SELECT nextval('registry_editions')"))).scalar_one())
    await _run(session, f"CREATE TABLE registry_{edition:d} (number bigint NOT NULL)")
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, AsyncConnection)
    async with driver.cursor() as cursor, cursor.copy(f"COPY registry_{edition:d} FROM STDIN".encode()) as copy:
        for block in lines:
            await copy.write(block)
    await _run(session, f"CREATE INDEX registry_{edition:d}_number ON registry_{edition:d} (number)")
    await _run(session, f"ANALYZE registry_{edition:d}")
    return edition


async def _run(session: AsyncSession, statement: str) -> None:
    await (await session.connection()).execute(text(statement))


async def _locked(session: AsyncSession, name: str) -> RegistryRow | None:
    query = select(RegistryRow).where(RegistryRow.name == name).with_for_update()
    return (await session.exec(query.execution_options(populate_existing=True))).first()


async def _all(session: AsyncSession) -> Sequence[RegistryRow]:
    return (await session.exec(select(RegistryRow).order_by(col(RegistryRow.name)))).all()


def _standing(row: RegistryRow, now: datetime) -> RegistryStanding:
    rule = marketing_rules()[row.country].registry
    assert rule is not None  # no other is imported
    return RegistryStanding(row, rule, now - row.as_of, now > row.as_of + rule.max_age)


def _told(row: RegistryRow) -> Json:
    return {"country": row.country, "as_of": row.as_of.isoformat(), "entries": row.entries}
