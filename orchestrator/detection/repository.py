"""Open watches and windows in the database, read and written a whole batch of customers to a statement."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.states import Watch, Window
from orchestrator.detection.tables import Mode, WatchRow, WatchStatus

# The rulebook's revision rides along: one question of the database for all that detection starts from.
_LOAD = text(
    """
    SELECT 'revision' AS kind, NULL::uuid AS id, '' AS rule, '' AS mode, NULL::uuid AS customer_id, '' AS key,
           NULL::timestamptz AS armed, to_jsonb(revision) AS state FROM rulebook
    UNION ALL SELECT 'watch', id, rule, mode, customer_id, key, armed, state FROM watches
              WHERE status = 'open' AND customer_id = ANY(CAST(:customers AS uuid[]))
    UNION ALL SELECT 'window', NULL, rule, mode, customer_id, key, NULL, state FROM windows
              WHERE customer_id = ANY(CAST(:customers AS uuid[]))
    """
)
_MOVE = text(
    """
    UPDATE watches w SET deadline = u.deadline, armed = u.armed, version = u.version, state = CAST(u.state AS jsonb)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:deadlines AS timestamptz[]), CAST(:armed AS timestamptz[]),
                CAST(:versions AS integer[]), CAST(:states AS text[])) AS u (id, deadline, armed, version, state)
    WHERE w.id = u.id AND w.status = 'open'
    """
)
_CLOSE = text(
    """
    UPDATE watches w SET status = u.status, closed_at = :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[])) AS u (id, status) WHERE w.id = u.id AND w.status = 'open'
    """
)
_KEEP_WINDOWS = text(
    """
    INSERT INTO windows (rule, mode, customer_id, key, version, state)
    SELECT rule, mode, customer, key, version, CAST(state AS jsonb)
    FROM unnest(CAST(:rules AS text[]), CAST(:modes AS text[]), CAST(:customers AS uuid[]), CAST(:keys AS text[]),
                CAST(:versions AS integer[]), CAST(:states AS text[])) AS u (rule, mode, customer, key, version, state)
    ON CONFLICT (rule, mode, customer_id, key) DO UPDATE SET state = excluded.state, version = excluded.version
    """
)
_EMPTY_WINDOWS = text(
    """
    DELETE FROM windows w USING unnest(CAST(:rules AS text[]), CAST(:modes AS text[]), CAST(:customers AS uuid[]),
                                       CAST(:keys AS text[])) AS u (rule, mode, customer, key)
    WHERE w.rule = u.rule AND w.mode = u.mode AND w.customer_id = u.customer AND w.key = u.key
    """
)

Place = tuple[str, Mode, UUID, str]  # rule, mode, customer, key


@dataclass(frozen=True, slots=True)
class StoredWatch:
    """An open watch's row; `armed` is the deadline its workflow surely knows."""

    id: UUID
    armed: datetime
    watch: Watch


@dataclass(slots=True)
class Memory:
    """What the database remembers of some customers, and the rulebook's revision at that moment."""

    revision: int = 0
    watches: dict[Place, StoredWatch] = field(default_factory=dict)
    windows: dict[Place, Window] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    """Rows to write: watches to open, to move and to close, windows to keep and to empty."""

    opened: list[dict[str, Any]] = field(default_factory=list)
    moved: list[tuple[UUID, datetime, datetime, int, Watch]] = field(default_factory=list)  # id, deadline, armed, version
    closed: list[tuple[UUID, WatchStatus]] = field(default_factory=list)
    kept: list[tuple[Place, int, Window]] = field(default_factory=list)
    emptied: list[Place] = field(default_factory=list)


async def load(session: AsyncSession, customers: Collection[UUID]) -> Memory:
    """Return what is open for these customers; their locks are held."""
    rows = await (await session.connection()).execute(_LOAD, {"customers": list(customers)})
    memory = Memory()
    for row in rows.mappings():
        match row["kind"]:
            case "revision":
                memory.revision = row["state"]
            case "watch":
                memory.watches[_place(row)] = StoredWatch(row["id"], row["armed"], Watch.from_json(row["state"]))
            case _:
                memory.windows[_place(row)] = Window.from_json(row["state"])
    return memory


async def write(session: AsyncSession, changes: Changes, *, now: datetime) -> None:
    """Write all changes; a watch that is no longer open in the database stays as it is."""
    connection = await session.connection()
    if changes.closed:
        ids, statuses = zip(*changes.closed, strict=True)
        values: dict[str, Any] = {"ids": list(ids), "statuses": [status.value for status in statuses], "now": now}
        await connection.execute(_CLOSE, values)
    if changes.moved:
        ids, deadlines, armed, versions, watches = zip(*changes.moved, strict=True)
        values = {"ids": list(ids), "deadlines": list(deadlines), "armed": list(armed), "versions": list(versions)}
        await connection.execute(_MOVE, values | {"states": [_text(watch) for watch in watches]})
    if changes.opened:
        await connection.execute(insert(WatchRow), changes.opened)
    if changes.emptied:
        await connection.execute(_EMPTY_WINDOWS, _columns(changes.emptied))
    if changes.kept:
        values = _columns(place for place, _, _ in changes.kept)
        values |= {"versions": [version for _, version, _ in changes.kept]}
        await connection.execute(_KEEP_WINDOWS, values | {"states": [_text(window) for _, _, window in changes.kept]})


def _place(row: RowMapping) -> Place:
    return row["rule"], Mode(row["mode"]), row["customer_id"], row["key"]


def _columns(places: Iterable[Place]) -> dict[str, Any]:
    rows = list(places)
    return {
        "rules": [rule for rule, _, _, _ in rows],
        "modes": [mode.value for _, mode, _, _ in rows],
        "customers": [customer for _, _, customer, _ in rows],
        "keys": [key for _, _, _, key in rows],
    }


def _text(state: Watch | Window) -> str:
    return json.dumps(state.to_json(), ensure_ascii=False)


def opened_row(id: UUID, place: Place, version: int, watch: Watch, *, now: datetime) -> dict[str, Any]:
    """Return the row of a watch that is opened now."""
    rule, mode, customer, key = place
    return {
        "id": id,
        "rule": rule,
        "version": version,
        "mode": mode,
        "customer_id": customer,
        "key": key,
        "status": WatchStatus.OPEN,
        "deadline": watch.deadline,
        "armed": watch.deadline,
        "state": watch.to_json(),
        "opened_at": now,
        "closed_at": None,
    }
