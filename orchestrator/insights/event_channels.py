"""By which channel events came, in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.words import Language
from orchestrator.insights.why_words import channel
from orchestrator.intake.tables import ChannelRow


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels that some events came by. An imported event came by none: what it calls its source may be one's name."""

    by_id: Mapping[UUID, ChannelRow]
    by_name: Mapping[str, ChannelRow]

    def kind(self, channel_id: UUID | None, source: str, language: Language) -> str:
        """Return the kind of channel in the reader's words; the source as it is where no channel is known."""
        row = self._row(channel_id, source)
        return channel(source if row is None else row.kind, language)

    def title(self, channel_id: UUID | None, source: str, language: Language) -> str:
        """Return the kind of channel with the channel's own name, where that says more."""
        kind, row = self.kind(channel_id, source, language), self._row(channel_id, source)
        return kind if row is None or row.name in (row.kind, kind) else f"{kind} ({row.name})"

    def _row(self, channel_id: UUID | None, source: str) -> ChannelRow | None:
        return self.by_name.get(source) if channel_id is None else self.by_id.get(channel_id)


async def channels_of(session: AsyncSession, events: Collection[tuple[UUID | None, str]]) -> Channels:
    """Return the channels of events, each given by its channel's id, where it has one, and its source."""
    ids = {channel_id for channel_id, _ in events if channel_id is not None}
    sources = {source for channel_id, source in events if channel_id is None}
    query = select(ChannelRow).where(or_(col(ChannelRow.id).in_(ids), col(ChannelRow.name).in_(sources)))
    rows = (await session.exec(query)).all()
    return Channels({row.id: row for row in rows}, {row.name: row for row in rows})
