"""Events and customers in the database, a whole batch to a statement."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.readers import SeenEvent
from orchestrator.intake.arrivals import Arrival
from orchestrator.intake.customers import LockedCustomer
from orchestrator.intake.event import Event

# One JSON document carries a whole batch: the driver would escape the texts of arrays one by one.
_INSERT = text(
    """
    INSERT INTO events (source, id, type, subject, customer_id, channel_id, time, received_at, data, data_base64, digest,
                        conflicting_copies, detected)
    SELECT source, id, type, subject, customer, channel, time, :now, data, base64, decode(digest, 'hex'), 0, detected
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS e (source text, id text, type text, subject text, customer uuid, channel uuid, time timestamptz, data jsonb,
               base64 text, digest text, detected boolean)
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
    UPDATE customers c SET attributes = coalesce(u.attributes, c.attributes), applied_time = u.applied_time,
           applied_source = u.applied_source, applied_id = u.applied_id, fired_through = u.fired_through,
           last_contact_at = u.last_contact_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS u (id uuid, attributes jsonb, applied_time timestamptz, applied_source text, applied_id text,
               fired_through timestamptz, last_contact_at timestamptz)
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
    values = {"now": now, "rows": json.dumps([_row(one) for one in rows], ensure_ascii=False)}
    return {(source, id) for source, id in await (await session.connection()).execute(_INSERT, values)}


def _row(placed: Placed) -> dict[str, Any]:
    arrival = placed.arrival
    event = arrival.event
    return {
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "customer": str(placed.customer_id),
        "channel": str(arrival.channel_id) if arrival.channel_id else None,
        "time": event.time.isoformat(),
        "data": event.data,
        "base64": event.data_base64,
        "digest": arrival.digest.hex(),
        "detected": placed.detected,
    }


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
    """Write what changed in customers whose rows are locked."""
    rows = [_customer_row(customer) for customer in customers]
    if rows:
        await (await session.connection()).execute(_SAVE, {"rows": json.dumps(rows, ensure_ascii=False)})


def _customer_row(customer: LockedCustomer) -> dict[str, Any]:
    applied = customer.applied
    row: dict[str, Any] = {
        "id": str(customer.id),
        "applied_time": applied and applied.time.isoformat(),
        "applied_source": applied and applied.source,
        "applied_id": applied and applied.id,
        "fired_through": customer.fired_through and customer.fired_through.isoformat(),
        "last_contact_at": customer.last_contact_at and customer.last_contact_at.isoformat(),
    }
    if customer.has_new_attributes:
        row["attributes"] = customer.attributes
    return row


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
