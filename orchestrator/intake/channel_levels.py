"""What a partner promises: what share of its events arrives how soon after it happened."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput, Faults
from orchestrator.identity.changes import Who, note_change
from orchestrator.intake.channel_changes import NoSuchChannel
from orchestrator.intake.channels import ChannelKind, told_of_channel
from orchestrator.intake.tables import ChannelRow

_NUMBER = re.compile(r"[0-9]{1,5}")
_MOST_MINUTES = 10_080  # a week


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """`share` (0 to 1) of the events arrives `within` so long."""

    within: timedelta
    share: float

    @classmethod
    def of(cls, row: ChannelRow) -> "ServiceLevel | None":
        if row.on_time_within is None or row.on_time_share is None:
            return None
        return cls(row.on_time_within, row.on_time_share)


def read_level(minutes: str, percent: str) -> ServiceLevel | None:
    """Read a level as it is typed; both empty: none. Raises `BadInput` with each field at fault."""
    if not minutes.strip() and not percent.strip():
        return None
    faults = Faults()
    within = share = 0
    with faults:
        within = _number("minutes", minutes, most=_MOST_MINUTES)
    with faults:
        share = _number("percent", percent, most=100)
    faults.settle()
    return ServiceLevel(timedelta(minutes=within), share / 100)


def _number(field: str, typed: str, *, most: int) -> int:
    text = typed.strip().removesuffix("%").strip()
    if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= most:
        raise BadInput(f"the {field} do not fit", field=field, fix=f"give a whole number from 1 to {most}")
    return int(text)


async def change_level(session: AsyncSession, name: str, level: ServiceLevel | None, *, who: Who, now: datetime) -> None:
    """Hold a partner's channel to a level, or to none. Raises `NoSuchChannel`, and `BadInput` for a channel of another kind."""
    query = select(ChannelRow).where(ChannelRow.name == name).with_for_update()
    row = (await session.exec(query.execution_options(populate_existing=True))).first()
    if row is None:
        raise NoSuchChannel(f"no channel {name}")
    if row.kind != ChannelKind.PARTNER:
        raise BadInput("only a partner's channel has a service level", field="name", fix="name a channel of the kind partner")
    before = told_of_channel(row)
    row.on_time_within, row.on_time_share = (level.within, level.share) if level else (None, None)
    session.add(row)
    after = told_of_channel(row)
    await note_change(session, who=who, what="channel.level_changed", subject=name, before=before, after=after, now=now)
