"""A POST sent twice under one `Idempotency-Key` is done once; the second copy gets the first one's answer."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import Conflict
from orchestrator.identity.tables import IdempotencyRow

KEPT = timedelta(days=1)
_PENDING = 0  # no HTTP status: the row of a request whose transaction is still open, seen by nobody else


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: str


def digest_of(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


async def begin(session: AsyncSession, *, principal: str, key: str, digest: str) -> Answer | None:
    """Take the key for this transaction, or return the answer of the request that had it before.

    Waits for a copy that is under way at this moment. Raises `Conflict` (`idempotency_key_reused`) for another request.
    """
    over = func.clock_timestamp() - KEPT
    # An old answer is deleted by whoever comes along, so nothing has to be scheduled for it.
    old = select(IdempotencyRow.principal, IdempotencyRow.key).where(col(IdempotencyRow.at) < over)
    old = old.limit(20).with_for_update(skip_locked=True)
    connection = await session.connection()
    for row in (await connection.execute(old)).all():
        await connection.execute(
            delete(IdempotencyRow).where(col(IdempotencyRow.principal) == row.principal, col(IdempotencyRow.key) == row.key)
        )
    taken = insert(IdempotencyRow).values(
        principal=principal, key=key, digest=digest, status=_PENDING, body="", at=func.clock_timestamp()
    )
    fresh = taken.on_conflict_do_nothing().returning(col(IdempotencyRow.key))
    if (await connection.execute(fresh)).first() is not None:
        return None
    return await _earlier(session, principal=principal, key=key, digest=digest)


async def _earlier(session: AsyncSession, *, principal: str, key: str, digest: str) -> Answer:
    query = select(IdempotencyRow).where(IdempotencyRow.principal == principal, IdempotencyRow.key == key)
    row = (await session.exec(query)).one()
    if row.digest != digest:
        raise Conflict(
            "this Idempotency-Key was used for another request",
            code="idempotency_key_reused",
            fix="use a fresh key for every different request",
        )
    return Answer(status=row.status, body=row.body)


async def finish(session: AsyncSession, *, principal: str, key: str, answer: Answer) -> None:
    """Keep the answer, in the transaction of the request that made it."""
    kept = (
        update(IdempotencyRow)
        .where(col(IdempotencyRow.principal) == principal, col(IdempotencyRow.key) == key)
        .values(status=answer.status, body=answer.body)
    )
    connection = await session.connection()
    await connection.execute(kept)
