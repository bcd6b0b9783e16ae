"""`ringback calendar close` and `open`: emergency closes, at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.tables import ClosureRow
from orchestrator.cli.arguments import Data, instant
from orchestrator.cli.one_transaction import in_transaction, operator
from orchestrator.cli.when import to_the_second
from orchestrator.errors import BadInput
from orchestrator.queueing.hours import calendar_named, close_calendar, closures_of, end_closure
from orchestrator.settings import Settings

Name = Annotated[str, typer.Argument(help="The calendar.")]
_LONGEST_REASON = 200


def close(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, as colleagues shall read it.")],
    until: Annotated[str | None, typer.Option(help="Its end, RFC 3339 with offset; until it is opened otherwise.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Its start, RFC 3339 with offset; now otherwise.")] = None,
    data: Data = None,
) -> None:
    """Close all queues of a calendar in an emergency; it cuts whatever it meets."""
    because = reason.strip()
    if not 0 < len(because) <= _LONGEST_REASON:
        raise BadInput("there is no such reason", field="--reason", fix=f"say why in 1 to {_LONGEST_REASON} characters")
    starts = None if since is None else instant(since, field="--from")
    ends = None if until is None else instant(until, field="--until")

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> ClosureRow:
        who = operator()
        return await close_calendar(
            session, name, starts_at=starts, ends_at=ends, reason=because, author=who, who=who, now=now, settings=settings
        )

    row = in_transaction(work, data=data)
    end = "" if row.ends_at is None else f" to {to_the_second(row.ends_at)}"
    print(f"{name}: closed from {to_the_second(row.starts_at)}{end}")


def reopen(name: Name, data: Data = None) -> None:
    """End every emergency close of a calendar, those that lie ahead too."""

    async def work(session: AsyncSession, now: datetime, settings: Settings) -> Sequence[ClosureRow]:
        lasting = await closures_of(session, (await calendar_named(session, name)).name, now=now)
        for row in lasting:
            await end_closure(session, name, row.id, who=operator(), now=now, settings=settings)
        return lasting

    ended = in_transaction(work, data=data)
    print(f"{name}: {len(ended)} emergency closes ended")
