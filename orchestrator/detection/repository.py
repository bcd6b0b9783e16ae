"""Open watches and windows in the database, read and written a whole batch of customers to a statement."""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.states import Watch, Window
from orchestrator.detection.tables import Mode, WatchStatus

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
    UPDATE watches w SET deadline = u.deadline, armed = u.armed, version = u.version, state = u.state
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS u (id uuid, deadline timestamptz, armed timestamptz, version integer, state jsonb)
    WHERE w.id = u.id AND w.status = 'open'
    """
)
_OPEN = text(
    """
    INSERT INTO watches (id, rule, version, mode, customer_id, key, status, deadline, armed, state, opened_at)
    SELECT id, rule, version, mode, customer, key, 'open', deadline, deadline, state, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS u (id uuid, rule text, version integer, mode text, customer uuid, key text, deadline timestamptz, state jsonb)
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
    SELECT rule, mode, customer, key, version, state
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS u (rule text, mode text, customer uuid, key text, version integer, state jsonb)
    ON CONFLICT (rule, mode, customer_id, key) DO UPDATE SET state = excluded.state, version = excluded.version
    """
)
_EMPTY_WINDOWS = text(
    """
    DELETE FROM windows w
    USING jsonb_to_recordset(CAST(:rows AS jsonb)) AS u (rule text, mode text, customer uuid, key text)
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
    places: defaultdict[UUID, set[Place]] = field(default_factory=lambda: defaultdict(set))  # of both, by customer


class Moved(NamedTuple):
    """A watch that stays open with another deadline or more evidence."""

    id: UUID
    armed: datetime
    version: int
    watch: Watch


class Opened(NamedTuple):
    id: UUID
    place: Place
    version: int
    watch: Watch


@dataclass(slots=True)
class Changes:
    """Rows to write: watches to open, to move and to close, windows to keep and to empty."""

    opened: list[Opened] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    closed: list[tuple[UUID, WatchStatus]] = field(default_factory=list)
    kept: list[tuple[Place, int, Window]] = field(default_factory=list)
    emptied: list[Place] = field(default_factory=list)


async def load(session: AsyncSession, customers: Collection[UUID]) -> Memory:
    """Return what is open for these customers; their locks are held."""
    rows = await (await session.connection()).execute(_LOAD, {"customers": list(customers)})
    memory = Memory()
    for row in rows.mappings():
        if row["kind"] == "revision":
            memory.revision = row["state"]
            continue
        place = (row["rule"], Mode(row["mode"]), row["customer_id"], row["key"])
        memory.places[row["customer_id"]].add(place)
        if row["kind"] == "watch":
            memory.watches[place] = StoredWatch(row["id"], row["armed"], Watch.from_json(row["state"]))
        else:
            memory.windows[place] = Window.from_json(row["state"])
    return memory


async def write(session: AsyncSession, changes: Changes, *, now: datetime) -> None:
    """Write all changes; a watch that is no longer open in the database stays as it is."""
    connection = await session.connection()
    if changes.closed:
        ids, statuses = [id for id, _ in changes.closed], [status.value for _, status in changes.closed]
        await connection.execute(_CLOSE, {"ids": ids, "statuses": statuses, "now": now})
    if changes.moved:
        await connection.execute(_MOVE, {"rows": json.dumps([_moved(moved) for moved in changes.moved])})
    if changes.opened:
        await connection.execute(_OPEN, {"rows": json.dumps([_opened(opened) for opened in changes.opened]), "now": now})
    if changes.emptied:
        await connection.execute(_EMPTY_WINDOWS, {"rows": json.dumps([_columns(place) for place in changes.emptied])})
    if changes.kept:
        kept = [_columns(place) | {"version": version, "state": window.to_json()} for place, version, window in changes.kept]
        await connection.execute(_KEEP_WINDOWS, {"rows": json.dumps(kept)})


def _columns(place: Place) -> dict[str, Any]:
    rule, mode, customer, key = place
    return {"rule": rule, "mode": mode.value, "customer": str(customer), "key": key}


def _moved(moved: Moved) -> dict[str, Any]:
    state = moved.watch.to_json()
    armed = moved.armed.isoformat()
    return {"id": str(moved.id), "deadline": state["deadline"], "armed": armed, "version": moved.version, "state": state}


def _opened(opened: Opened) -> dict[str, Any]:
    state = opened.watch.to_json()
    known = {"id": str(opened.id), "version": opened.version, "deadline": state["deadline"], "state": state}
    return _columns(opened.place) | known
