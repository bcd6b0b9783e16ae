"""What a back-test is run with: the document under trial beside the published rules, and who is there to call."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.availability.tables import CalendarRow
from orchestrator.backtests.tables import BacktestRow
from orchestrator.detection.backtest_output import capacity_of
from orchestrator.detection.tables import RuleState
from orchestrator.queueing.tables import AgentQueueRow, QueueRow
from orchestrator.rule_life.listing import list_rules

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS = json.dumps({"calendar": "always", "zone": "UTC", "weekly": {day: ["00:00-24:00"] for day in _DAYS}})
_HOUR = timedelta(hours=1)
_NO_CALENDAR = "-always"  # no calendar's name begins so


@dataclass(frozen=True, slots=True)
class Staffed:
    """A queue: whoever serves it, and its hours. `calendar` is a document's name among the trial's."""

    calendar: str
    agents: int


@dataclass(frozen=True, slots=True)
class Trial:
    """`rules` and `calendars` are documents by name; `rule` is the one under trial."""

    rule: str
    since: datetime
    until: datetime
    rules: Mapping[str, str]
    calendars: Mapping[str, str]
    queues: Mapping[str, Staffed]

    def write(self, folder: Path) -> None:
        """Lay it out as the command reads it: `rules/`, `staff.yaml` and `calendars/` beside it."""
        for kind, documents in (("rules", self.rules), ("calendars", self.calendars)):
            (folder / kind).mkdir()
            for name, document in documents.items():
                (folder / kind / f"{name}.yaml").write_text(document, encoding="utf-8")
        staff = {name: {"calendar": each.calendar, "agents": each.agents} for name, each in self.queues.items()}
        (folder / "staff.yaml").write_text(json.dumps(staff), encoding="utf-8")


async def gather(session: AsyncSession, row: BacktestRow) -> Trial:
    """Return what the back-test runs with, as the deployment is arranged now."""
    published = [version for rule, version in await list_rules(session) if rule.state is RuleState.PUBLISHED]
    calendars = {each.name: each.document for each in (await session.exec(select(CalendarRow))).all()}
    return Trial(
        rule=row.rule,
        since=row.since,
        until=row.until,
        rules={version.rule: version.document for version in published} | {row.rule: row.document},
        calendars=calendars | {_NO_CALENDAR: _ALWAYS},
        queues=await _queues(session),
    )


async def _queues(session: AsyncSession) -> dict[str, Staffed]:
    serving = func.count(col(AgentQueueRow.agent_id))
    query = select(QueueRow.name, QueueRow.calendar, serving).outerjoin(
        AgentQueueRow, col(AgentQueueRow.queue) == QueueRow.name
    )
    rows = (await session.exec(query.group_by(col(QueueRow.name), col(QueueRow.calendar)))).all()
    return {name: Staffed(calendar or _NO_CALENDAR, agents) for name, calendar, agents in rows}


def open_hours(trial: Trial, queue: str | None) -> dict[datetime, float]:
    """Return how many agents each hour of the period has, by its first instant; hours without any are left out."""
    staffed = trial.queues.get(queue) if queue is not None else None
    if staffed is None:
        return {}
    calendar = read_calendar(trial.calendars[staffed.calendar].encode(), name=staffed.calendar)
    first = trial.since.replace(minute=0, second=0, microsecond=0)
    starts = (first + number * _HOUR for number in range(int((trial.until - first) / _HOUR) + 1))
    found = {start: capacity_of(staffed.agents, _open_for(calendar, start)) for start in starts}
    return {start: capacity for start, capacity in found.items() if capacity}


def _open_for(calendar: Calendar, hour: datetime) -> timedelta:
    return sum((end - begin for begin, end in calendar.open_times().between(hour, hour + _HOUR)), timedelta(0))
