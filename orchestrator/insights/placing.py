"""How far a moment came and why no further: one accounting, for those who count moments and those who list them."""

from enum import StrEnum


class Stage(StrEnum):
    """How far a moment came, in order. Each stage holds those that came further too."""

    SEEN = "seen"
    ELIGIBLE = "eligible"
    QUEUED = "queued"
    DIALED = "dialed"
    REACHED = "reached"
    SOLVED = "solved"


# A moment's stage is the furthest its case came. Several moments of a customer may stand in one case: each counts.
# Attempts are put together once for all cases: asked for case by case, a month takes three times as long.
_TRIED = """
  SELECT escalation_id, bool_or(submitted_at IS NOT NULL) AS dialed, bool_or(joined_at IS NOT NULL) AS spoken,
    (array_agg(ending ORDER BY prepared_at) FILTER (WHERE ending IS NOT NULL))[count(ending)] AS last
  FROM attempts WHERE leg = 'customer' AND escalation_id IN (SELECT escalation_id FROM found) GROUP BY 1
"""

_STAGED = """
  SELECT f.*, e.id AS case_id, e.state, e.outcome, e.reasons ->> 0 AS why, a.last, CASE
    WHEN e.outcome = 'solved' THEN 'solved'
    WHEN a.spoken THEN 'reached'
    WHEN a.dialed THEN 'dialed'
    WHEN EXISTS (SELECT FROM tasks t WHERE t.escalation_id = e.id) THEN 'queued'
    WHEN f.status <> 'withdrawn' AND f.verdict IN ('escalate', 'joined') THEN 'eligible'
    ELSE 'seen' END AS stage
  FROM found f
  LEFT JOIN escalations e ON e.id = f.escalation_id
  LEFT JOIN tried a ON a.escalation_id = f.escalation_id
"""

_PLACED = """
  SELECT *, CASE
    WHEN stage = 'solved' THEN ''
    WHEN stage = 'seen' THEN CASE
      WHEN status = 'withdrawn' THEN 'withdrawn'
      WHEN status = 'message_due' THEN 'message_due'
      WHEN verdict = 'suppressed:worth' AND EXISTS (
        SELECT FROM messages m WHERE m.escalation_id = case_id AND m.submitted_at IS NOT NULL
      ) THEN 'message_instead'
      ELSE replace(verdict, 'suppressed:', '') END
    WHEN case_id IS NULL THEN 'no_case'
    WHEN state <> 'closed' THEN 'under_way'
    WHEN outcome IN ('suppressed', 'expired') THEN coalesce(why, outcome)
    WHEN stage = 'dialed' AND outcome = 'unreachable' THEN coalesce(last, outcome)
    ELSE outcome END AS reason
  FROM staged
"""


def placed(found: str, read: str) -> str:
    """Return the statement `read` over `placed`: the rows of `found`, each with its `stage` and its `reason`.

    `found` is a query over moments; it gives `verdict`, `status` and `escalation_id`, and whatever else is read.
    """
    return f"WITH found AS ({found}), tried AS ({_TRIED}), staged AS MATERIALIZED ({_STAGED}), placed AS ({_PLACED}) {read}"
