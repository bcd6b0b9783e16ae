"""What each rule found since a moment: how many moments, and what became of them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import Mode, MomentRow
from orchestrator.detection.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class RuleDay:
    """`live` and `shadow` count moments by verdict; a shadow's verdicts contact nobody."""

    live: Counter[Verdict] = field(default_factory=Counter)
    shadow: Counter[Verdict] = field(default_factory=Counter)

    @property
    def found(self) -> int:
        return self.live.total()

    @property
    def would_have_found(self) -> int:
        return self.shadow.total()

    @property
    def escalated(self) -> int:
        return self.live[Verdict.ESCALATE] + self.live[Verdict.JOINED]


async def rule_days(session: AsyncSession, *, since: datetime) -> Mapping[str, RuleDay]:
    """Return, by rule, the moments found since then (aware); rules without any are given an empty day."""
    by = MomentRow.rule, MomentRow.mode, MomentRow.verdict
    query = select(*by, func.count()).where(MomentRow.found_at >= since).group_by(*by)
    days: defaultdict[str, RuleDay] = defaultdict(RuleDay)
    for rule, mode, verdict, count in (
        await session.exec(query.group_by(MomentRow.rule, MomentRow.mode, MomentRow.verdict))
    ).all():
        counts = days[rule].live if mode == Mode.LIVE else days[rule].shadow
        counts[Verdict(verdict)] += count
    return days
