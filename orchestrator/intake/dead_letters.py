"""What was refused, kept with its reason to be mended and replayed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, NoSuch
from orchestrator.intake.channels import Channel
from orchestrator.intake.tables import ChannelRow, DeadLetterRow
from orchestrator.storage.columns import new_id

KEPT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """One refused event, or one refused request, as it came."""

    error: BadInput
    text: bytes
    channel: Channel | None


async def keep(session: AsyncSession, letters: Sequence[Letter], *, now: datetime) -> None:
    """Write refused events and requests. Their text may hold personal data: it is stored and never logged."""
    if letters:
        await (await session.connection()).execute(insert(DeadLetterRow), [_row(letter, now) for letter in letters])


def _row(letter: Letter, now: datetime) -> dict[str, Any]:
    error = letter.error
    return {
        "id": new_id(),
        "received_at": now,
        "channel_id": letter.channel.id if letter.channel else None,
        "reason": error.code,
        "field": error.field,
        "detail": error.detail if error.fix is None else f"{error.detail} {error.fix}",
        "body": letter.text[:KEPT_BYTES],
        "replayed_at": None,
    }


async def open_letters(session: AsyncSession, *, before: tuple[datetime, UUID] | None, limit: int) -> list[DeadLetterRow]:
    """Return letters that were not replayed yet, the newest first, those after the place `before` in that order."""
    query = select(DeadLetterRow).where(col(DeadLetterRow.replayed_at).is_(None))
    if before is not None:
        at, last = before
        older = col(DeadLetterRow.received_at) < at
        query = query.where(older | ((col(DeadLetterRow.received_at) == at) & (col(DeadLetterRow.id) < last)))
    query = query.order_by(col(DeadLetterRow.received_at).desc(), col(DeadLetterRow.id).desc()).limit(limit)
    return list((await session.exec(query)).all())


async def letter_of(session: AsyncSession, letter_id: UUID) -> DeadLetterRow:
    """Return a letter, replayed or not. Raises `NoSuch`."""
    row = await session.get(DeadLetterRow, letter_id)
    if row is None:
        raise NoSuch(f"there is no dead letter {letter_id}")
    return row


async def take(session: AsyncSession, letter_id: UUID) -> tuple[DeadLetterRow, Channel | None]:
    """Lock a letter that was not replayed yet, with the channel it came from. Raises `NoSuch`."""
    query = select(DeadLetterRow).where(DeadLetterRow.id == letter_id, col(DeadLetterRow.replayed_at).is_(None))
    row = (await session.exec(query.with_for_update())).first()
    if row is None:
        raise NoSuch(f"there is no open dead letter {letter_id}")
    channel = None if row.channel_id is None else await session.get(ChannelRow, row.channel_id)
    return row, None if channel is None else Channel.of(channel)
