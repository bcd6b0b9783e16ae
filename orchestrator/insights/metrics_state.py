"""How the place stands, asked of the database when Prometheus asks us: every api process gives the same figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

# One statement: figures of one instant. Labels are names of queues and states, never ids.
_FIGURES = text("""
SELECT 'tasks' AS figure, queue AS label, state AS state, count(*)::float AS value FROM tasks
    WHERE state NOT IN ('done', 'withdrawn') GROUP BY queue, state
UNION ALL
SELECT 'longest_wait', queue, '', extract(epoch FROM clock_timestamp() - min(queued_at))::float FROM tasks
    WHERE state = 'queued' GROUP BY queue
UNION ALL
SELECT 'agents', presence, '', count(*)::float FROM agents GROUP BY presence
UNION ALL
SELECT 'escalations', state, '', count(*)::float FROM escalations WHERE state <> 'closed' GROUP BY state
UNION ALL
SELECT 'promises', CASE WHEN due_at < clock_timestamp() THEN 'overdue' ELSE 'open' END, '', count(*)::float
    FROM promises WHERE state IN ('written', 'open') GROUP BY 2
UNION ALL
SELECT 'watches', status, '', count(*)::float FROM watches WHERE status = 'open' GROUP BY status
UNION ALL
SELECT 'attempts', state, '', count(*)::float FROM attempts
    WHERE state IN ('prepared', 'submitting', 'submitted', 'ringing', 'connected', 'unknown') GROUP BY state
UNION ALL
SELECT 'outbox', CASE WHEN set_aside_at IS NULL THEN 'waiting' ELSE 'set_aside' END, '', count(*)::float
    FROM outbox GROUP BY 2
UNION ALL
SELECT 'dead_letters', 'open', '', count(*)::float FROM dead_letters WHERE replayed_at IS NULL
UNION ALL
SELECT 'rule_alarms', rule, trouble, count(*)::float FROM rule_alarms WHERE over_at IS NULL GROUP BY rule, trouble
UNION ALL
SELECT 'switches', scope, '', count(*)::float FROM switches WHERE lifted_at IS NULL GROUP BY scope
""")


@dataclass(frozen=True, slots=True)
class _Figure:
    name: str
    help: str
    labels: tuple[str, ...]


_KNOWN = {
    "tasks": _Figure("ringback_tasks", "Tasks that are not over.", ("queue", "state")),
    "longest_wait": _Figure("ringback_longest_wait_seconds", "How long the longest waiting task has waited.", ("queue",)),
    "agents": _Figure("ringback_agents", "Agents by presence: as they chose it, or not answering.", ("presence",)),
    "escalations": _Figure("ringback_escalations_open", "Escalations that are not closed.", ("state",)),
    "promises": _Figure("ringback_promises_open", "Promises that have not ended.", ("when",)),
    "watches": _Figure("ringback_watches", "Watches by status.", ("status",)),
    "attempts": _Figure("ringback_attempts_unsettled", "Attempts without an ending.", ("state",)),
    "outbox": _Figure("ringback_outbox_rows", "Deliveries owed to workflows; set aside means an alarm.", ("state",)),
    "dead_letters": _Figure("ringback_dead_letters", "Refused events that wait for a replay.", ("state",)),
    "rule_alarms": _Figure("ringback_rule_alarms", "Rules that have gone silent or explode.", ("rule", "trouble")),
    "switches": _Figure("ringback_switches_thrown", "Kill switches that are thrown.", ("scope",)),
}


async def standing_figures(session: AsyncSession) -> bytes:
    """Return the figures in Prometheus' text format."""
    rows = (await (await session.connection()).execute(_FIGURES)).all()
    return _rendered(rows)


def unreachable() -> bytes:
    """Return what is known without a database: that there is none."""
    return _rendered([], up=False)


def _rendered(rows: Sequence[Row[tuple[str, str, str, float]]], *, up: bool = True) -> bytes:
    registry = CollectorRegistry()
    Gauge("ringback_database_up", "Whether the database answered.", registry=registry).set(up)
    if up:
        _fill({key: Gauge(each.name, each.help, each.labels, registry=registry) for key, each in _KNOWN.items()}, rows)
    return generate_latest(registry)


def _fill(gauges: dict[str, Gauge], rows: Iterable[Row[tuple[str, str, str, float]]]) -> None:
    for row in rows:
        labels = (row.label, row.state)[: len(_KNOWN[row.figure].labels)]
        gauges[row.figure].labels(*labels).set(row.value)
