"""Channels as an admin changes them, and as others read them: what they may report, their key, and when they last did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import NoSuch
from orchestrator.identity.changes import Who, note_change
from orchestrator.identity.tokens import digest
from orchestrator.intake.channels import check_types, list_channels, new_key, told_of_channel
from orchestrator.intake.tables import ChannelRow, EventRow
from orchestrator.storage.columns import Json

# No index leads from a channel to its events: taking events in must stay cheap, so the list looks back only so far.
LOOKED_AT = 100_000


class NoSuchChannel(NoSuch):
    code = "no_such_channel"


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """A channel, and when it last reported an event among the newest `LOOKED_AT`; None where it did not."""

    channel: ChannelRow
    last_event: datetime | None


async def channels_now(session: AsyncSession) -> list[ChannelStanding]:
    """Return all channels by name."""
    newest = select(EventRow.channel_id, EventRow.received_at).order_by(col(EventRow.seq).desc()).limit(LOOKED_AT).subquery()
    query = select(newest.c.channel_id, func.max(newest.c.received_at)).group_by(newest.c.channel_id)
    last = dict((await session.exec(query)).all())
    return [ChannelStanding(row, last.get(row.id)) for row in await list_channels(session)]


async def change_types(session: AsyncSession, name: str, types: Sequence[str], *, who: Who, now: datetime) -> None:
    """Let a channel report these types alone, all where there are none. Raises `NoSuchChannel`, `BadInput`."""
    check_types(list(types))
    row = await _locked(session, name)
    before, row.types = told_of_channel(row), list(dict.fromkeys(types))
    await _write(session, row, "channel.types_changed", before=before, who=who, now=now)


async def replace_key(session: AsyncSession, name: str, *, who: Who, now: datetime) -> str:
    """Give a channel a new key and return it; the old one ends at once. One whose key was revoked reports again.

    Raises `NoSuchChannel`.
    """
    row = await _locked(session, name)
    before, key = told_of_channel(row), new_key()
    row.key_hash, row.revoked_at = digest(key), None
    await _write(session, row, "channel.key_replaced", before=before, who=who, now=now)
    return key


async def _locked(session: AsyncSession, name: str) -> ChannelRow:
    query = select(ChannelRow).where(ChannelRow.name == name).with_for_update()
    row = (await session.exec(query.execution_options(populate_existing=True))).first()
    if row is None:
        raise NoSuchChannel(f"no channel {name}")
    return row


async def _write(session: AsyncSession, row: ChannelRow, what: str, *, before: Json, who: Who, now: datetime) -> None:
    session.add(row)
    after = told_of_channel(row)
    await note_change(session, who=who, what=what, subject=row.name, before=before, after=after, now=now)
