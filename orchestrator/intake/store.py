"""Events and customers in the database, a whole batch to a statement."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.readers import SeenEvent
from orchestrator.intake.arrivals import Arrival
from orchestrator.intake.customers import LockedCustomer
from orchestrator.intake.event import Event

_INSERT = text(
    """
    INSERT INTO events (source, id, type, subject, customer_id, channel_id, time, received_at, data, data_base64, digest,
                        conflicting_copies, detected)
    SELECT source, id, type, subject, customer_id, channel_id, time, :now, CAST(data AS jsonb), base64, digest, 0, detected
    FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:types AS text[]), CAST(:subjects AS text[]),
                CAST(:customers AS uuid[]), CAST(:channels AS uuid[]), CAST(:times AS timestamptz[]), CAST(:data AS text[]),
                CAST(:base64s AS text[]), CAST(:digests AS bytea[]), CAST(:detected AS boolean[]))
         AS e (source, id, type, subject, customer_id, channel_id, time, data, base64, digest, detected)
    ON CONFLICT (source, id) DO NOTHING RETURNING source, id
    """
)
_COUNT_DIFFERING = text(
    """
    UPDATE events e SET conflicting_copies = e.conflicting_copies + d.copies
    FROM (SELECT s.source, s.id, count(*) AS copies FROM events s
          JOIN unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:digests AS bytea[])) AS u (source, id, digest)
          ON s.source = u.source AND s.id = u.id WHERE s.digest <> u.digest GROUP BY 1, 2) d
    WHERE e.source = d.source AND e.id = d.id
    """
)
_SAVE = text(
    """
    UPDATE customers c SET attributes = CAST(u.attributes AS jsonb), applied_time = u.applied_time,
           applied_source = u.applied_source, applied_id = u.applied_id, fired_through = u.fired_through,
           last_contact_at = u.last_contact_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:attributes AS text[]), CAST(:times AS timestamptz[]), CAST(:sources AS text[]),
                CAST(:event_ids AS text[]), CAST(:fired AS timestamptz[]), CAST(:contacts AS timestamptz[]))
         AS u (id, attributes, applied_time, applied_source, applied_id, fired_through, last_contact_at)
    WHERE c.id = u.id
    """
)
_HISTORY = text(
    """
    SELECT source, id, type, subject, time, data, data_base64, received_at, detected, customer_id FROM events
    WHERE customer_id = ANY(CAST(:customers AS uuid[])) AND (detected OR type IN ('customer.updated', 'customer.identified'))
    ORDER BY time, source, id
    """
)
_ALL = text("SELECT source, id, type, subject, time, data, data_base64 FROM events ORDER BY time, source, id")


@dataclass(frozen=True, slots=True)
class Placed:
    """An arrival with the customer it concerns; `detected` is false for what detection shall not see."""

    arrival: Arrival
    customer_id: UUID
    detected: bool


async def insert_events(session: AsyncSession, placed: Collection[Placed], *, now: datetime) -> set[tuple[str, str]]:
    """Write those events that are new and return their (source, id). The keys given are all different."""
    # In one order everywhere: two batches with the same new events then wait for each other in one direction only.
    rows = sorted(placed, key=lambda one: one.arrival.key)
    arrivals = [one.arrival for one in rows]
    events = [arrival.event for arrival in arrivals]
    values = {
        "now": now,
        "sources": [event.source for event in events],
        "ids": [event.id for event in events],
        "types": [event.type for event in events],
        "subjects": [event.subject for event in events],
        "customers": [one.customer_id for one in rows],
        "channels": [arrival.channel_id for arrival in arrivals],
        "times": [event.time for event in events],
        "data": [arrival.data for arrival in arrivals],
        "base64s": [event.data_base64 for event in events],
        "digests": [arrival.digest for arrival in arrivals],
        "detected": [one.detected for one in rows],
    }
    connection = await session.connection()
    return {(source, event_id) for source, event_id in await connection.execute(_INSERT, values)}


async def count_differing(session: AsyncSession, copies: Sequence[Arrival]) -> int:
    """Count those copies of stored events that differ from them, on the stored row; return how many events have one."""
    if not copies:
        return 0
    values = {
        "sources": [copy.event.source for copy in copies],
        "ids": [copy.event.id for copy in copies],
        "digests": [copy.digest for copy in copies],
    }
    return (await (await session.connection()).execute(_COUNT_DIFFERING, values)).rowcount


async def save_customers(session: AsyncSession, customers: Iterable[LockedCustomer]) -> None:
    rows = list(customers)
    if not rows:
        return
    values = {
        "ids": [row.id for row in rows],
        "attributes": [json.dumps(row.attributes, ensure_ascii=False) for row in rows],
        "times": [row.applied and row.applied.time for row in rows],
        "sources": [row.applied and row.applied.source for row in rows],
        "event_ids": [row.applied and row.applied.id for row in rows],
        "fired": [row.fired_through for row in rows],
        "contacts": [row.last_contact_at for row in rows],
    }
    await (await session.connection()).execute(_SAVE, values)


async def history(session: AsyncSession, customers: Collection[UUID]) -> dict[UUID, list[SeenEvent]]:
    """Return customers' events in order: what detection saw, and what else said something about the customer."""
    rows = await (await session.connection()).execute(_HISTORY, {"customers": list(customers)})
    found: defaultdict[UUID, list[SeenEvent]] = defaultdict(list)
    for row in rows.mappings():
        found[row["customer_id"]].append(SeenEvent(_event(row), row["received_at"], row["detected"]))
    return found


async def accepted_events(session: AsyncSession) -> AsyncIterator[Event]:
    """Yield every accepted event in order, as the back-test reads them, without holding them all in memory."""
    rows = await (await session.connection()).stream(_ALL)
    async for row in rows.mappings():
        yield _event(row)


def _event(row: RowMapping) -> Event:
    return Event(row["source"], row["id"], row["type"], row["subject"], row["time"], row["data"], row["data_base64"])
