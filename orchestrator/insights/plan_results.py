"""Of rules with a split: what came of each of the two plans, counted over the same moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from math import sqrt

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.splits import Plan
from orchestrator.insights.placing import placed


@dataclass(frozen=True, slots=True)
class PlanResult:
    """One plan of a rule. `moments` are those that opened or joined a case; all but the calls, the messages and what
    agents said of them count moments.

    `solved` ended so in a talk, `alone` in that the customer did it alone.
    """

    rule: str
    plan: Plan
    customers: int
    moments: int
    calls: int
    messages: int
    reached: int
    solved: int
    alone: int
    worth: int
    not_worth: int

    @property
    def settled(self) -> int:
        return self.solved + self.alone

    @property
    def share_reached(self) -> float | None:
        return self.reached / self.moments if self.moments else None

    @property
    def share_settled(self) -> float | None:
        """The share solved or done alone; None where there was no moment."""
        return self.settled / self.moments if self.moments else None


@dataclass(frozen=True, slots=True)
class RulePlans:
    """A rule's plans that had moments, A first."""

    rule: str
    plans: Sequence[PlanResult]

    @property
    def better(self) -> Plan | None:
        """The plan that settled more than chance explains (two shares, 95 %); None where that cannot be said."""
        if len(self.plans) < len(Plan) or min(each.moments for each in self.plans) < _FEWEST:
            return None
        first, second = self.plans
        all_moments = first.moments + second.moments
        share = (first.settled + second.settled) / all_moments
        spread = sqrt(share * (1 - share) * (1 / first.moments + 1 / second.moments))
        apart = first.settled / first.moments - second.settled / second.moments
        if abs(apart) <= _TIMES * spread:
            return None
        return first.plan if apart > 0 else second.plan


_FEWEST = 30  # moments of each plan, under which shares jump about
_TIMES = 1.96  # standard deviations, which chance goes beyond once in twenty times
# As the funnel does: a month's moments and attempts are joined in memory.
_ROOM = text("SET LOCAL work_mem = '32MB'")
_FOUND = """
SELECT rule, plan, customer_id, verdict, status, escalation_id FROM moments
WHERE mode = 'live' AND plan IS NOT NULL AND found_at >= :since AND found_at < :until
"""
# A case that another rule leads goes by that rule's plan: its calls say nothing about this one's.
_COUNTED = """
, counted AS (
  SELECT rule, plan, count(DISTINCT customer_id) AS customers, count(*) AS moments,
    count(*) FILTER (WHERE stage IN ('reached', 'solved')) AS reached,
    count(*) FILTER (WHERE stage = 'solved') AS solved,
    count(*) FILTER (WHERE outcome = 'resolved_by_customer') AS alone
  FROM placed WHERE stage <> 'seen' GROUP BY 1, 2
), cases AS (
  SELECT DISTINCT p.rule, p.plan, p.case_id FROM placed p JOIN escalations e ON e.id = p.case_id
  WHERE p.stage <> 'seen' AND e.rule = p.rule AND e.plan = p.plan
), done AS (
  SELECT c.rule, c.plan, sum(a.calls) AS calls, sum(m.messages) AS messages, sum(t.worth) AS worth,
    sum(t.not_worth) AS not_worth
  FROM cases c
  CROSS JOIN LATERAL (
    SELECT count(*) AS calls FROM attempts
    WHERE escalation_id = c.case_id AND leg = 'customer' AND submitted_at IS NOT NULL
  ) AS a
  CROSS JOIN LATERAL (
    SELECT count(*) AS messages FROM messages WHERE escalation_id = c.case_id AND submitted_at IS NOT NULL
  ) AS m
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE worth_calling) AS worth, count(*) FILTER (WHERE NOT worth_calling) AS not_worth
    FROM tasks WHERE escalation_id = c.case_id AND state = 'done'
  ) AS t
  GROUP BY 1, 2
)
SELECT c.*, coalesce(d.calls, 0)::int AS calls, coalesce(d.messages, 0)::int AS messages,
  coalesce(d.worth, 0)::int AS worth, coalesce(d.not_worth, 0)::int AS not_worth
FROM counted c LEFT JOIN done d USING (rule, plan) ORDER BY c.rule, c.plan
"""
_RESULTS = text(placed(_FOUND, _COUNTED))


async def plan_results(session: AsyncSession, *, since: datetime, until: datetime) -> Sequence[PlanResult]:
    """Return what came of the moments found in `[since, until)`, by rule and plan; of rules without a split nothing."""
    connection = await session.connection()
    await connection.execute(_ROOM)
    rows = (await connection.execute(_RESULTS, {"since": since, "until": until})).all()
    return [PlanResult(**{**row._mapping, "plan": Plan(row.plan)}) for row in rows]


def plans_by_rule(results: Sequence[PlanResult]) -> list[RulePlans]:
    """Return the results rule by rule; they are in order."""
    return [RulePlans(rule, tuple(plans)) for rule, plans in groupby(results, key=lambda each: each.rule)]
