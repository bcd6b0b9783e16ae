"""Recovery codes: for the day the authenticator is lost. Shown once, stored hashed, used once each."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.tables import RecoveryCodeRow
from orchestrator.identity.tokens import digest

CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read as another
_LENGTH = 16  # 79 bits: nobody can try them all, so a fast hash is enough


async def fresh(session: AsyncSession, person_id: UUID) -> Sequence[str]:
    """Replace the person's codes and return the new ones."""
    await drop(session, person_id)
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(CODES)]
    session.add_all([RecoveryCodeRow(person_id=person_id, code_hash=_hash_of(code)) for code in codes])
    await session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, _LENGTH, 4)) for code in codes]


async def take(session: AsyncSession, person_id: UUID, code: str, *, now: datetime) -> bool:
    """Use the code up; false when it is none of the person's, or was used."""
    used = (
        update(RecoveryCodeRow)
        .where(
            col(RecoveryCodeRow.person_id) == person_id,
            col(RecoveryCodeRow.code_hash) == _hash_of(code),
            col(RecoveryCodeRow.used_at).is_(None),
        )
        .values(used_at=now)
    )
    return (await (await session.connection()).execute(used)).rowcount == 1


async def left(session: AsyncSession, person_id: UUID) -> int:
    """Return how many recovery codes are unused."""
    unused = (RecoveryCodeRow.person_id == person_id, col(RecoveryCodeRow.used_at).is_(None))
    return (await session.exec(select(func.count()).select_from(RecoveryCodeRow).where(*unused))).one()


async def drop(session: AsyncSession, person_id: UUID) -> None:
    dropped = delete(RecoveryCodeRow).where(col(RecoveryCodeRow.person_id) == person_id)
    await (await session.connection()).execute(dropped)


def _hash_of(code: str) -> str:
    return digest("".join(code.lower().replace("-", " ").split()))
