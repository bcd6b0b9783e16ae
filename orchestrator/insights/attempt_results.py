"""What came of dialing, by result and by hour of the day: when people answer, and when they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

UNDER_WAY = "under_way"
SPOKEN = "spoken"  # answered, and both people were in the room


@dataclass(frozen=True, slots=True)
class HourOfAttempts:
    """The attempts begun in one hour of the day (0 to 23, in the zone asked for), by result."""

    hour: int
    results: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.results.values())


# `submitted_at` is taken away again from an attempt that surely never rang.
_ATTEMPTS = text("""
SELECT extract(hour FROM submitted_at AT TIME ZONE :zone)::int AS hour,
  CASE WHEN joined_at IS NOT NULL THEN 'spoken' WHEN ending IS NULL THEN 'under_way'
    WHEN ending = 'completed' THEN 'answered' ELSE ending END AS result, count(*) AS number
FROM attempts
WHERE leg = 'customer' AND submitted_at >= :since AND submitted_at < :until
GROUP BY 1, 2 ORDER BY 1, 2
""")


async def attempt_results(session: AsyncSession, *, since: datetime, until: datetime, zone: str) -> Sequence[HourOfAttempts]:
    """Return customers' attempts submitted in `[since, until)` by hour of the day in `zone` (IANA name)."""
    values = {"since": since, "until": until, "zone": zone}
    hours: dict[int, dict[str, int]] = {}
    for row in (await (await session.connection()).execute(_ATTEMPTS, values)).all():
        hours.setdefault(row.hour, {})[row.result] = row.number
    return [HourOfAttempts(hour, results) for hour, results in hours.items()]
