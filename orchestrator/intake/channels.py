"""Channels: who may report events, with which key, and of which types."""

import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, Faults, NoSuch
from orchestrator.identity.changes import Who, note_change
from orchestrator.identity.tokens import Unauthenticated, digest
from orchestrator.intake.tables import ChannelRow
from orchestrator.storage.columns import Json
from orchestrator.storage.database import Database

PREFIX = "rbc_"  # lets secret scanners know a channel's key from an agent's token
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST_CACHED = 10_000


class ChannelKind(StrEnum):
    WEB = "web"
    APP = "app"
    BOT = "bot"
    IVR = "ivr"
    EMAIL = "email"
    SOCIAL = "social"
    STORE = "store"
    REP = "rep"
    SURVEY = "survey"
    PARTNER = "partner"


class UnknownKey(Unauthenticated):
    """No channel key, an unknown one, or one that was revoked: which of them is not told."""

    def __init__(self) -> None:
        super().__init__("the channel key is missing, unknown or revoked")
        self.fix = "send `Authorization: Bearer <channel key>` with a key that `ringback channel add` printed"


@dataclass(frozen=True, slots=True)
class Channel:
    """A source of events. `types` are globs over event types; none means every type."""

    id: UUID
    name: str
    types: tuple[str, ...] = ()
    _matchers: tuple[re.Pattern[str], ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, row: ChannelRow) -> "Channel":
        return cls(row.id, row.name, tuple(row.types), tuple(_glob(pattern) for pattern in row.types))

    def may_report(self, event_type: str) -> bool:
        return not self.types or any(matcher.fullmatch(event_type) for matcher in self._matchers)


def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


async def add_channel(session: AsyncSession, name: str, *, kind: str, types: list[str], who: Who, now: datetime) -> str:
    """Write a new channel and return its key (256 random bits), which is stored nowhere. Raises `BadInput`."""
    faults = Faults()
    with faults:
        if kind not in list(ChannelKind):
            raise BadInput(f"{kind!r} is no kind of channel", field="kind", fix=f"use one of {', '.join(ChannelKind)}")
    with faults:
        await _check_name(session, name)
    with faults:
        check_types(types)
    faults.settle()
    key = new_key()
    row = ChannelRow(name=name, kind=kind, key_hash=digest(key), types=types, created_at=now)
    session.add(row)
    await session.flush()
    await note_change(session, who=who, what="channel.added", subject=name, before=None, after=told_of_channel(row), now=now)
    return key


async def _check_name(session: AsyncSession, name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise BadInput("the name does not fit", field="name", fix="use up to 64 letters, digits, dots, dashes, underscores")
    if (await session.exec(select(ChannelRow.id).where(ChannelRow.name == name))).first() is not None:
        raise BadInput(f"there is a channel {name} already", field="name", fix="take another name, or revoke that one first")


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def check_types(types: list[str]) -> None:
    """Raise `BadInput` for a pattern that fits no event type."""
    if any(not pattern or pattern != pattern.strip() or "\0" in pattern for pattern in types):
        raise BadInput("a type pattern is blank", field="types", fix="name event types such as checkout.*")


def told_of_channel(row: ChannelRow) -> Json:
    """Return a channel as the audit keeps it; of its key, only whether it is in force."""
    told: Json = {"kind": row.kind, "types": row.types, "in_force": row.revoked_at is None}
    if row.on_time_within is not None:
        told |= {"on_time_within": f"{row.on_time_within.total_seconds() / 60:g}m", "on_time_share": row.on_time_share}
    return told


async def list_channels(session: AsyncSession) -> list[ChannelRow]:
    return list((await session.exec(select(ChannelRow).order_by(ChannelRow.name))).all())


async def revoke_channel(session: AsyncSession, name: str, *, who: Who, now: datetime) -> None:
    """End a channel's key; api processes notice within a second. Raises `NoSuch`."""
    query = select(ChannelRow).where(ChannelRow.name == name, col(ChannelRow.revoked_at).is_(None)).with_for_update()
    row = (await session.exec(query)).first()
    if row is None:
        raise NoSuch(f"there is no channel {name} with a key in force")
    before, row.revoked_at = told_of_channel(row), now
    session.add(row)
    after = told_of_channel(row)
    await note_change(session, who=who, what="channel.revoked", subject=name, before=before, after=after, now=now)


class ChannelKeys:
    """Tells which channel a key belongs to; asks the database at most once a second for each key it knows."""

    def __init__(self, database: Database, *, remember: timedelta = timedelta(seconds=1)) -> None:
        self._database, self._remember = database, remember.total_seconds()
        self._known: dict[str, tuple[float, Channel]] = {}

    async def channel(self, authorization: str | None) -> Channel:
        """Return the channel that an `Authorization` header's value stands for. Raises `UnknownKey`."""
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise UnknownKey
        hashed = digest(key.strip())
        known = self._known.get(hashed)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        channel = await self._look_up(hashed)
        if len(self._known) >= _MOST_CACHED:
            self._known.clear()
        self._known[hashed] = (time.monotonic() + self._remember, channel)
        return channel

    async def _look_up(self, hashed: str) -> Channel:
        query = select(ChannelRow).where(ChannelRow.key_hash == hashed, col(ChannelRow.revoked_at).is_(None))
        async with self._database.transaction() as session:
            row = (await session.exec(query)).first()
        if row is None:
            raise UnknownKey
        return Channel.of(row)
