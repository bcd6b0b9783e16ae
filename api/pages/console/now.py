"""The console's first page: the floor as it is, live, and what a supervisor does with its tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import Session
from api.pages.console import words
from api.pages.console.bulk import Answers, Order
from api.pages.frame import fragment, page
from api.pages.languages import language_of
from api.pages.people import Role, Viewer, allow, fetched_by_itself
from orchestrator.insights.alarms import alarms
from orchestrator.insights.board import board
from orchestrator.insights.floor_tasks import floor_tasks
from orchestrator.insights.held_cases import held
from orchestrator.insights.help_asked import help_asked
from orchestrator.insights.naming import agent_names, rule_titles
from orchestrator.insights.rule_alarms import loud_alarms
from orchestrator.queueing.queues import queue_names
from orchestrator.queueing.switching import thrown
from orchestrator.queueing.tables import AgentRow, TaskState
from orchestrator.storage.clock import Clock

router = APIRouter(prefix="/console")

Watching = Annotated[Viewer, allow(Role.SUPERVISOR, Role.AUDITOR)]
Supervising = Annotated[Viewer, allow(Role.SUPERVISOR)]

_SHOWN = 100


@router.get("")
async def show_now(
    request: Request,
    viewer: Watching,
    session: Session,
    queue: str = "",
    state: TaskState | str = "",
    done: int = 0,
    told: int = 0,
    untold: int = 0,
) -> Response:
    known = await whole(session, Lens.of(request, viewer), queue=queue, state=state)
    came = {"done": done, "told": told, "untold": untold}
    return page(request, "console/now.html", viewer=viewer, may_act=viewer.may(Role.SUPERVISOR), **came, **known)


@router.get("/tasks")
@fetched_by_itself
async def show_tasks(
    request: Request,
    viewer: Watching,
    session: Session,
    queue: str = "",
    state: TaskState | str = "",
    task: Annotated[tuple[UUID, ...], Query()] = (),
) -> Response:
    """Answer with the list of tasks alone, as the live page asks for it; those that are chosen there stay chosen."""
    known = await tasks_of(session, Lens.of(request, viewer), queue=queue, state=state, chosen=task)
    may_act = viewer.may(Role.SUPERVISOR)
    return fragment(request, "console/parts/tasks.html", viewer=viewer, words=words, may_act=may_act, **known)


@dataclass(frozen=True, slots=True)
class Lens:
    """Through what the floor is looked at: the clock, and the reader's language."""

    clock: Clock
    language: str

    @classmethod
    def of(cls, request: Request, viewer: Viewer) -> "Lens":
        return cls(request.app.state.database.clock, language_of(request, viewer.locale))


async def floor_of(session: AsyncSession, lens: Lens) -> dict[str, Any]:
    """Return what the live part of the page shows."""
    floor = await board(session, now=await lens.clock.now(session))
    return {
        "board": floor,
        "names": await agent_names(session),
        "titles": await rule_titles(session, lens.language),
        "held": await held(session),
        "alarms": await alarms(session, floor),
        "rule_alarms": await loud_alarms(session, now=floor.at),
        "asking": await help_asked(session),
        "switches": await thrown(session),
        "words": words,
    }


async def tasks_of(session: AsyncSession, lens: Lens, *, queue: str, state: str, chosen: Sequence[UUID] = ()) -> dict[str, Any]:
    """Return the list of tasks, narrowed to a queue and a state; a state that is none narrows nothing."""
    wanted = TaskState(state) if state in set(TaskState) else None
    tasks = await floor_tasks(session, now=await lens.clock.now(session), queue=queue or None, state=wanted, limit=_SHOWN + 1)
    queues = await queue_names(session)
    agents = (await session.exec(select(AgentRow.id, AgentRow.name))).all()
    names = await agent_names(session)
    return {
        "tasks": tasks[:_SHOWN],
        "more": len(tasks) > _SHOWN,
        "chosen": chosen,
        "queue": queue,
        "state": wanted or "",
        "queues": queues,
        "titles": await rule_titles(session, lens.language),
        "agents_by_id": sorted(((str(id_), names.get(id_, name)) for id_, name in agents), key=itemgetter(1)),
        "states": [each.value for each in TaskState if each not in (TaskState.DONE, TaskState.WITHDRAWN)],
        "narrowed": urlencode({"queue": queue, "state": wanted or ""}),
        "order": None,
        "answers": None,
    }


async def whole(
    session: AsyncSession,
    lens: Lens,
    *,
    queue: str,
    state: str,
    order: Order | None = None,
    answers: Answers | None = None,
) -> dict[str, Any]:
    """Return all that the page shows; what was chosen and typed in `order` stays."""
    chosen = order.tasks if order is not None else ()
    listed = await tasks_of(session, lens, queue=queue, state=state, chosen=chosen)
    return {**await floor_of(session, lens), **listed, "order": order, "answers": answers}
