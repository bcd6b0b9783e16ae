"""Whether calls were worth it, as the agents who made them say: by rule, and what came of those that were not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

Outcome = tuple[str | None, str | None]  # disposition and sub-disposition, as codes


@dataclass(frozen=True, slots=True)
class WorthResult:
    """`number` tasks of a rule that ended so, with this answer to "was this worth a call?"; None: nobody said."""

    rule: str
    worth: bool | None
    outcome: Outcome
    number: int


@dataclass(frozen=True, slots=True)
class RuleWorth:
    """A rule's verdicts. `done` counts all its ended tasks; `behind` are the outcomes of those not worth it, most first."""

    rule: str
    done: int
    worth: int
    not_worth: int
    behind: Mapping[Outcome, int]

    @property
    def judged(self) -> int:
        return self.worth + self.not_worth

    @property
    def share(self) -> float | None:
        """The share worth it of those that were judged; None where none was."""
        return self.worth / self.judged if self.judged else None


_LAST = "\uffff"  # after every code
# As the funnel does: a month's tasks are joined and counted in memory, and the few lines that come of it are sorted here.
_ROOM = text("SET LOCAL work_mem = '32MB'")
_RESULTS = text("""
SELECT e.rule, t.worth_calling AS worth, t.disposition, t.sub_disposition, count(*) AS number
FROM tasks t JOIN escalations e ON e.id = t.escalation_id
WHERE t.state = 'done' AND t.ended_at >= :since AND t.ended_at < :until
GROUP BY 1, 2, 3, 4
""")


async def worth_results(session: AsyncSession, *, since: datetime, until: datetime) -> Sequence[WorthResult]:
    """Return what agents said of the tasks that ended in `[since, until)`, by rule, verdict and outcome."""
    connection = await session.connection()
    await connection.execute(_ROOM)
    rows = (await connection.execute(_RESULTS, {"since": since, "until": until})).all()
    found = (WorthResult(row.rule, row.worth, (row.disposition, row.sub_disposition), row.number) for row in rows)
    return sorted(found, key=_place)


def _place(result: WorthResult) -> tuple[str, int, int, str, str]:
    """Return where it stands: worth it first, what nobody judged last, and the most frequent outcomes first."""
    verdict = (True, False, None).index(result.worth)
    disposition, sub = (code or _LAST for code in result.outcome)
    return result.rule, verdict, -result.number, disposition, sub


def worth_by_rule(results: Iterable[WorthResult]) -> list[RuleWorth]:
    """Return the verdicts rule by rule, by name."""
    verdicts: dict[str, Counter[bool | None]] = {}
    behind: dict[str, Counter[Outcome]] = {}
    for each in results:
        verdicts.setdefault(each.rule, Counter())[each.worth] += each.number
        if each.worth is False:
            behind.setdefault(each.rule, Counter())[each.outcome] += each.number
    return [
        RuleWorth(rule, said.total(), said[True], said[False], dict(behind.get(rule, Counter()).most_common()))
        for rule, said in sorted(verdicts.items())
    ]
