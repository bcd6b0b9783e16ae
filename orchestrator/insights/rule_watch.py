"""Looks at every rule that runs, raises an alarm for one gone silent or exploding, and ends what is over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.zones import zone
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.insights.rule_flows import beginnings, stopped
from orchestrator.insights.rule_quarters import Watched, count_quarters, found_lately
from orchestrator.insights.tables import RuleAlarmRow
from orchestrator.insights.unusual import Levels, Trouble, Unusual, explosion, silence
from orchestrator.queueing.tables import AgentQueueRow
from orchestrator.rule_life.listing import list_rules
from orchestrator.rule_life.versions import read_version
from orchestrator.settings import Settings
from orchestrator.storage.columns import Json

# Two workers that look at once count and raise once: the second waits, and finds it done.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('rule_watch'))")


@dataclass(frozen=True, slots=True)
class Raised:
    """What a look came to: ids of the alarms it raised, and how many it ended."""

    raised: Sequence[UUID]
    over: int


@dataclass(frozen=True, slots=True)
class _Rule:
    watched: Watched
    document: RuleDocument

    @property
    def name(self) -> str:
        return self.watched.rule.name


async def look(session: AsyncSession, *, settings: Settings, now: datetime) -> Raised:
    """Count what was found and judge it. Done twice at one time, the second changes nothing."""
    await (await session.connection()).execute(_ALONE)
    await count_quarters(session, now=now)
    open_alarms, levels = await _open(session), levels_of(settings)
    rules = await _running(session, settings)
    lately = await found_lately(session, [each.watched for each in rules], now=now)
    raised: list[UUID] = []
    for rule in rules:
        found = lately.get(rule.name, ())
        staff = await _calls_an_hour(session, rule.document, settings)
        if (unusual := silence(found, levels) or explosion(found, levels, calls_an_hour=staff)) is not None:
            row = open_alarms.pop((rule.name, unusual.trouble), None)
            if row is None:
                row = await _raise(session, rule, unusual, levels, now=now)
                raised.append(row.id)
            _tell(row, unusual, now=now)
            session.add(row)
    for row in open_alarms.values():
        row.over_at = now
        session.add(row)
    await session.flush()
    return Raised(raised, len(open_alarms))


def levels_of(settings: Settings) -> Levels:
    return Levels(settings.alarm_unlikely, settings.alarm_floor, settings.alarm_times)


async def watched_rules(session: AsyncSession, settings: Settings, *, name: str | None = None) -> list[Watched]:
    """Return the rules that run, or the one of this name."""
    return [each.watched for each in await _running(session, settings) if name is None or each.name == name]


async def _running(session: AsyncSession, settings: Settings) -> list[_Rule]:
    fresh = await _new_usuals(session)
    rules = await list_rules(session)
    run = [(row, version) for row, version in rules if row.state in (RuleState.PUBLISHED, RuleState.SHADOW)]
    read = [(row, (await read_version(version)).rule.document) for row, version in run]
    return [_Rule(_watched(row, document, settings, fresh), document) for row, document in read]


def _watched(row: RuleRow, document: RuleDocument, settings: Settings, fresh: Mapping[str, datetime]) -> Watched:
    return Watched(row, zone(settings.centre_zone or document.zone), fresh.get(row.name))


async def _new_usuals(session: AsyncSession) -> Mapping[str, datetime]:
    """Return since when a rule's past is a measure of it, where somebody said that what it does now is meant."""
    query = select(RuleAlarmRow.rule, func.max(RuleAlarmRow.quiet_at)).where(col(RuleAlarmRow.is_new_usual))
    return {rule: at for rule, at in (await session.exec(query.group_by(RuleAlarmRow.rule))).all() if at is not None}


async def _open(session: AsyncSession) -> dict[tuple[str, Trouble], RuleAlarmRow]:
    rows = (await session.exec(select(RuleAlarmRow).where(col(RuleAlarmRow.over_at).is_(None)))).all()
    return {(row.rule, Trouble(row.trouble)): row for row in rows}


async def _calls_an_hour(session: AsyncSession, document: RuleDocument, settings: Settings) -> int | None:
    """Return how many calls all who serve the rule's queues could make in an hour; None where nobody serves any."""
    queues = {step.queue for step in document.steps if step.queue is not None}
    query = select(func.count(func.distinct(AgentQueueRow.agent_id))).where(col(AgentQueueRow.queue).in_(queues))
    agents = (await session.exec(query)).one() if queues else 0
    return agents * settings.alarm_calls_an_hour or None


async def _raise(session: AsyncSession, rule: _Rule, unusual: Unusual, levels: Levels, *, now: datetime) -> RuleAlarmRow:
    row, stretch = rule.watched.rule, unusual.found.stretch
    causes: list[Json] = []
    if unusual.trouble is Trouble.SILENT:
        flows = await stopped(
            session, beginnings(rule.document.detect), stretch, zone=rule.watched.zone, unlikely=levels.unlikely
        )
        causes = [flow.as_json() for flow in flows]
    changed = row.version > 1 and row.changed_at >= stretch.since
    return RuleAlarmRow(
        rule=row.name,
        mode=rule.watched.mode,
        trouble=unusual.trouble,
        version=row.version,
        version_since=row.changed_at if changed else None,
        raised_at=now,
        causes=causes,
        **_figures(unusual, now=now),
    )


def _tell(row: RuleAlarmRow, unusual: Unusual, *, now: datetime) -> None:
    for name, value in _figures(unusual, now=now).items():
        setattr(row, name, value)


def _figures(unusual: Unusual, *, now: datetime) -> dict[str, Any]:
    found = unusual.found
    return {
        "looked_at": now,
        "since": found.stretch.since,
        "length": found.stretch.length,
        "moments": found.moments,
        "cases": found.cases,
        "expected": found.usual.expected if found.usual else None,
        "calls": unusual.calls,
    }
