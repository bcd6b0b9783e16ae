"""Everything the desk shows, read in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.languages import language_of
from api.pages.people import Viewer
from orchestrator.availability.tables import SwitchRow
from orchestrator.availability.zones import zone
from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.sub_dispositions import offered
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.words import Language
from orchestrator.identity.hiding import hidden
from orchestrator.insights.why_card import Reader, WhyCard, why_card
from orchestrator.intake.showing import hider_for_agents
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.assisting import link_sent
from orchestrator.queueing.desk_list import WaitingList, sight_of, waiting_for
from orchestrator.queueing.own_day import OwnDay, own_day
from orchestrator.queueing.own_misses import Missed, own_misses
from orchestrator.queueing.presence import NoSuchAgent
from orchestrator.queueing.progress import Progress, calls_of, progress_of
from orchestrator.queueing.pulling import in_hand
from orchestrator.queueing.slots import allowed_times
from orchestrator.queueing.stops import covering, of_queues, switches_for
from orchestrator.queueing.tables import AgentRow, QueueRow, TaskRow, TaskState
from orchestrator.queueing.wrapping import MOST_EXTENSIONS, wrap_ends
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

_WRITING = (TaskState.ASSIGNED, TaskState.WRAPPING)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the desk is built from, as the application keeps it."""

    database: Database
    settings: Settings
    rules: RuleLibrary

    @classmethod
    def of(cls, request: Request) -> "Parts":
        state = request.app.state
        return cls(state.database, state.settings, state.rules)


@dataclass(frozen=True, slots=True)
class Work:
    """The task in hand. `talking_since` is when the customer was joined; `times` are those a new call may be agreed for."""

    task: TaskRow
    progress: Progress
    card: WhyCard
    talking_since: datetime | None
    wrap_until: datetime | None
    more_time: bool
    outcomes: Mapping[str, tuple[str, ...]]
    link_sent_at: datetime | None
    times: Sequence[datetime]
    stopped: SwitchRow | None  # the kill switch that keeps the customer from being dialed


@dataclass(frozen=True, slots=True)
class Desk:
    """`missed` are the offers missed since the last answer; `mark` changes with whatever the working part of the desk shows.

    `stops` are the switches that stop whole queues.
    """

    agent: AgentRow
    work: Work | None
    missed: Sequence[Missed]
    mark: str
    stops: Sequence[SwitchRow]


@dataclass(frozen=True, slots=True)
class Floor:
    """What waits, and what the agent has done today."""

    waiting: WaitingList
    day: OwnDay


def agent_of(viewer: Viewer) -> UUID:
    """Return whose desk it is; a person who takes no calls has none."""
    if viewer.agent_id is None:
        raise HTTPException(403, "you take no calls, so there is no desk of yours")
    return viewer.agent_id


def language(request: Request, viewer: Viewer) -> Language:
    return Language(language_of(request, viewer.locale))


async def desk_of(session: AsyncSession, parts: Parts, viewer: Viewer, language: Language, *, now: datetime) -> Desk:
    """Return the agent and the task they have in hand. Raises `NoSuchAgent`."""
    agent = await _agent(session, agent_of(viewer))
    switches = await switches_for(session, agent.id)
    task, stops = await in_hand(session, agent.id), of_queues(switches)
    midnight = _midnight(zone(viewer.zone), now)
    missed = await own_misses(session, agent.id, since=midnight, rules=parts.rules, language=language.value)
    if task is None:
        misses = ".".join(f"{each.offer_id}-{each.fate}" for each in missed)
        return Desk(agent, None, missed, f"none.{agent.presence}.{agent.pause_code or ''}.{misses}", stops)
    work = await _work(session, parts, viewer, task, language, switches, now=now)
    return Desk(agent, work, missed, _mark(work), stops)


def _mark(work: Work) -> str:
    task = work.task
    mark = f"{task.id}.{task.fence}.{work.progress}.{task.wrap_extensions}"
    # Only then is the button there: at other times nobody is interrupted for it.
    return mark if work.stopped is None or work.progress is not Progress.READY else f"{mark}.{work.stopped.id}"


async def floor_of(session: AsyncSession, parts: Parts, viewer: Viewer, language: Language, *, now: datetime) -> Floor:
    """Return what waits for the agent, and their figures since midnight where they are. Raises `NoSuchAgent`."""
    agent = await _agent(session, agent_of(viewer))
    sight = replace(await sight_of(session, agent), keeper=agent.id)
    waiting = await waiting_for(session, sight, rules=parts.rules, language=language.value, now=now)
    return Floor(waiting, await day_of(session, viewer, now=now))


async def day_of(session: AsyncSession, viewer: Viewer, *, now: datetime) -> OwnDay:
    """Return the agent's figures since midnight where they are."""
    return await own_day(session, agent_of(viewer), since=_midnight(zone(viewer.zone), now))


async def _agent(session: AsyncSession, agent_id: UUID) -> AgentRow:
    agent = await session.get(AgentRow, agent_id)
    if agent is None:
        raise NoSuchAgent(f"no agent {agent_id}")
    return agent


async def _work(
    session: AsyncSession,
    parts: Parts,
    viewer: Viewer,
    task: TaskRow,
    language: Language,
    switches: Sequence[SwitchRow],
    *,
    now: datetime,
) -> Work:
    case = await session.get_one(EscalationRow, task.escalation_id)
    calls = await calls_of(session, task)
    reader = Reader(viewer.name, language, parts.settings.organisation, zone(viewer.zone), parts.settings.hide_fields)
    link = await link_sent(session, task)
    writing = task.state in _WRITING
    return Work(
        task=task,
        progress=progress_of(task, calls),
        card=await _card(session, parts, task, reader, now=now),
        talking_since=min((call.joined_at for call in calls if call.joined_at is not None), default=None),
        wrap_until=wrap_ends(task, parts.settings),
        outcomes=offered((await session.get_one(QueueRow, task.queue)).outcomes),
        more_time=task.state is TaskState.WRAPPING and task.wrap_extensions < MOST_EXTENSIONS,
        link_sent_at=None if link is None else link.prepared_at,
        times=await allowed_times(session, task, now=now, settings=parts.settings) if writing else (),
        stopped=covering(switches, queue=task.queue, rule=case.rule),
    )


async def _card(session: AsyncSession, parts: Parts, task: TaskRow, reader: Reader, *, now: datetime) -> WhyCard:
    card = await why_card(session, task, reader, rules=parts.rules, now=now)
    if not parts.settings.hide_numbers:
        return card
    customer = await session.get_one(CustomerRow, task.customer_id)
    return hidden(card, hider_for_agents(customer, parts.settings))


def _midnight(where: ZoneInfo, now: datetime) -> datetime:
    today = now.astimezone(where).date()
    return datetime.combine(today, datetime.min.time(), where)
