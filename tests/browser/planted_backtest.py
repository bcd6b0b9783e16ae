"""Two weeks of a back-test as a centre may see them, with customers of the floor among its samples."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.backtests.tables import BacktestRow, BacktestState
from orchestrator.detection.verdicts import Verdict
from orchestrator.intake.tables import EventRow
from orchestrator.intake.timestamps import format_time

# Calls found in an hour of a working day, midnight first: a morning and an evening of people who give up.
_DAY = (0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 5, 4, 3, 2, 2, 3, 4, 3, 2, 3, 4, 2, 1, 0)
_AGENTS = 3
_LENGTH = timedelta(days=14)


async def plant_backtests(session: AsyncSession, rule: str, *, now: datetime | None = None) -> None:
    """Leave one that is done and, from the day before, one that was cancelled."""
    until = now or datetime.now(UTC)
    common: dict[str, Any] = {"rule": rule, "document": "", "since": until - _LENGTH, "until": until, "ended_at": until}
    events = (await session.exec(select(EventRow).order_by(col(EventRow.time)))).all()
    done = BacktestRow(**common, version=2, asked_by="noa", asked_at=until, state=BacktestState.DONE)
    done.result = _result(until, events)
    old = until - timedelta(days=1)
    session.add_all([done, BacktestRow(**common, version=1, asked_by="maya", asked_at=old, state=BacktestState.CANCELLED)])
    await session.flush()


def _result(until: datetime, events: Sequence[EventRow]) -> dict[str, Any]:
    hours = _hours(until)
    calls = sum(hour[2] for hour in hours)
    verdicts = {"escalate": calls, "joined": 41, "suppressed:consent": 58, "suppressed:cooldown": 112, "control": 19}
    return {
        "events": {"read": 18_642, "accepted": 18_640, "duplicate": 2, "refused": {}},
        "figures": {"moments": sum(verdicts.values()), "verdicts": verdicts, "open_watches": 12, "errors": 3},
        "hours": hours,
        "queue": "sales",
        "agents": _AGENTS,
        "others": ["angry-customer", "incomplete-checkout"],
        "overlap": [{"rule": "incomplete-checkout", "customers": 34}, {"rule": "angry-customer", "customers": 9}],
        "worth": {"expected_value": 48_250.0, "cost": 18.0 * calls, "calls": calls},
        "samples": _samples(events),
    }


def _hours(until: datetime) -> list[list[Any]]:
    first = (until - _LENGTH).replace(minute=0, second=0, microsecond=0)
    starts = [first + timedelta(hours=number) for number in range(14 * 24 + 1)]
    return [row for start in starts if any((row := _hour(start))[1:])]


def _hour(start: datetime) -> list[Any]:
    weekend = start.weekday() in (4, 5)
    calls = max(0, _DAY[start.hour] * (1 if weekend else 2) // 2 + (start.toordinal() * 7 + start.hour * 5) % 3 - 1)
    calls = calls if _DAY[start.hour] else 0
    agents = 0 if weekend or not 8 <= start.hour < 18 else _AGENTS
    return [format_time(start), calls + calls // 2, calls, agents]


def _samples(events: Sequence[EventRow]) -> list[dict[str, Any]]:
    verdicts = [Verdict.ESCALATE] * 4 + [Verdict.SUPPRESSED_COOLDOWN] * 2 + [Verdict.SUPPRESSED_CONSENT, Verdict.CONTROL]
    return [
        {
            "customer": str(event.customer_id),
            "at": format_time(event.time + timedelta(minutes=20)),
            "verdict": verdict.value,
            "evidence": [f"{event.source} {event.id}"],
        }
        for event, verdict in zip(events, verdicts, strict=False)
    ]
