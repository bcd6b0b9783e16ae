"""From the ids of callers' systems to our customers, locked: a whole batch in one statement, in the order of their ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import OrchestratorError
from orchestrator.intake.event import Position
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.columns import Json, new_id

# The rows are locked in the order they leave the sort, so that two batches never wait for each other in a circle.
_LOCK = text(
    """
    SELECT s.subject AS alias, c.id, c.subject, c.attributes, c.applied_time, c.applied_source, c.applied_id,
           c.fired_through, c.last_contact_at, c.merged_into
    FROM subjects s JOIN customers c ON c.id = s.customer_id
    WHERE s.subject = ANY(:subjects) ORDER BY c.id FOR UPDATE OF c
    """
)
# A subject that another transaction is just making is left to it: its row is found, and waited for, in the next round.
_MAKE = text(
    """
    WITH wanted AS (SELECT * FROM unnest(CAST(:subjects AS text[]), CAST(:ids AS uuid[])) AS w (subject, id)),
         made AS (INSERT INTO subjects (subject, customer_id) SELECT subject, id FROM wanted ORDER BY subject COLLATE "C"
                  ON CONFLICT (subject) DO NOTHING RETURNING subject, customer_id)
    INSERT INTO customers (id, subject, attributes, created_at) SELECT customer_id, subject, '{}', :now FROM made
    RETURNING id, subject
    """
)
_ROUNDS = 100


class CustomersUnsettled(OrchestratorError):
    """Customers kept merging while we tried to lock them. Nothing was done; the next try finds them settled."""

    code = "customers_unsettled"
    retryable = True


@dataclass(slots=True)
class LockedCustomer:
    """A customer whose row this transaction holds, as far as intake needs it. What changed is written by `save`.

    `applied` is the last event that detection has seen, `fired_through` the latest deadline that fired; both only rise.
    """

    id: UUID
    subject: str
    attributes: Json
    applied: Position | None = None
    fired_through: datetime | None = None
    last_contact_at: datetime | None = None
    has_new_attributes: bool = False

    @classmethod
    def of(cls, row: CustomerRow) -> "LockedCustomer":
        time, source, event = row.applied_time, row.applied_source, row.applied_id
        applied = Position(time, source, event) if time and source and event else None
        return cls(row.id, row.subject, row.attributes, applied, row.fired_through, row.last_contact_at)


async def lock_customers(session: AsyncSession, subjects: Iterable[str], *, now: datetime) -> dict[str, LockedCustomer]:
    """Return the customer of every subject, made where there was none, with all their rows locked.

    Subjects of one customer share one object. Lock nothing else before.
    """
    wanted = sorted(set(subjects))
    connection = await session.connection()
    made: dict[str, LockedCustomer] = {}
    for _ in range(_ROUNDS):
        rows = (await connection.execute(_LOCK, {"subjects": wanted})).mappings().all()
        missing = sorted(set(wanted) - {row["alias"] for row in rows})
        if missing:
            ids = [new_id() for _ in missing]
            fresh = (await connection.execute(_MAKE, {"subjects": missing, "ids": ids, "now": now})).all()
            made |= {subject: LockedCustomer(id, subject, {}) for id, subject in fresh}
            if len(fresh) < len(missing):
                continue
        # One that was merged while we waited for it: its subjects point to another row now, which we do not hold yet.
        if all(row["merged_into"] is None for row in rows):
            return _by_subject(rows) | made
    raise CustomersUnsettled("the customers of this batch keep merging")


def _by_subject(rows: Iterable[RowMapping]) -> dict[str, LockedCustomer]:
    found: dict[str, LockedCustomer] = {}
    customers: dict[UUID, LockedCustomer] = {}
    for row in rows:
        found[row["alias"]] = customers.setdefault(row["id"], _locked(row))
    return found


def _locked(row: RowMapping) -> LockedCustomer:
    time = row["applied_time"]
    applied = None if time is None else Position(time, row["applied_source"], row["applied_id"])
    return LockedCustomer(row["id"], row["subject"], row["attributes"], applied, row["fired_through"], row["last_contact_at"])
