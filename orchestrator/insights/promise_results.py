"""What became of what customers were told: kept, renewed, broken and why, released."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.states import PromiseState

_JUDGED = (PromiseState.KEPT, PromiseState.RENEWED, PromiseState.BROKEN)


@dataclass(frozen=True, slots=True)
class PromiseResult:
    """`number` promises of a rule that ended in `state` for `cause`; open ones have neither ended nor a cause."""

    rule: str
    state: PromiseState
    cause: str | None
    number: int


@dataclass(frozen=True, slots=True)
class RulePromises:
    """A rule's promises by state, and by cause those that were broken."""

    rule: str
    by_state: Mapping[PromiseState, int]
    broken_by: Mapping[str | None, int]

    @property
    def made(self) -> int:
        return sum(self.by_state.values())

    @property
    def kept_share(self) -> float | None:
        """The share kept of those that were kept, renewed or broken; None where none was. The others prove nothing."""
        judged = sum(self.by_state.get(state, 0) for state in _JUDGED)
        return self.by_state.get(PromiseState.KEPT, 0) / judged if judged else None


# Words that never went out were no promise.
_RESULTS = text("""
SELECT e.rule, p.state, CASE WHEN p.state <> 'kept' AND p.state <> 'open' THEN p.cause END AS cause, count(*) AS number
FROM promises p JOIN escalations e ON e.id = p.escalation_id
WHERE p.written_at >= :since AND p.written_at < :until AND p.state NOT IN ('written', 'unsaid')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 4 DESC, 3
""")


async def promise_results(session: AsyncSession, *, since: datetime, until: datetime) -> Sequence[PromiseResult]:
    """Return what became of the promises made in `[since, until)`, by rule, state and cause."""
    rows = (await (await session.connection()).execute(_RESULTS, {"since": since, "until": until})).all()
    return [PromiseResult(row.rule, PromiseState(row.state), row.cause, row.number) for row in rows]


def by_rule(results: Iterable[PromiseResult]) -> list[RulePromises]:
    """Return the results rule by rule, by name."""
    states: dict[str, Counter[PromiseState]] = {}
    causes: dict[str, Counter[str | None]] = {}
    for each in results:
        states.setdefault(each.rule, Counter())[each.state] += each.number
        broken = causes.setdefault(each.rule, Counter())
        if each.state is PromiseState.BROKEN:
            broken[each.cause] += each.number
    return [RulePromises(rule, states[rule], causes[rule]) for rule in sorted(states)]
