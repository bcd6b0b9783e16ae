"""The console's first page: the floor as it is, live, and what a supervisor does with its tasks."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.console import words
from api.pages.console.bulk import Answers, Order, carry_out
from api.pages.frame import fragment, page
from api.pages.people import ProtectedForm, Role, Viewer, allow, fetched_by_itself
from orchestrator.insights.alarms import alarms
from orchestrator.insights.board import board
from orchestrator.insights.floor_tasks import floor_tasks
from orchestrator.insights.help_asked import help_asked
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
    database: DatabaseDep,
    queue: str = "",
    state: TaskState | str = "",
    done: int = 0,
) -> Response:
    known = await _whole(session, database.clock, queue=queue, state=state)
    return page(request, "console/now.html", viewer=viewer, done=done, may_act=viewer.may(Role.SUPERVISOR), **known)


@router.get("/tasks")
@fetched_by_itself
async def show_tasks(
    request: Request,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    queue: str = "",
    state: TaskState | str = "",
    task: Annotated[tuple[UUID, ...], Query()] = (),
) -> Response:
    """Answer with the list of tasks alone, as the live page asks for it; those that are chosen there stay chosen."""
    known = await tasks_of(session, database.clock, queue=queue, state=state, chosen=task)
    may_act = viewer.may(Role.SUPERVISOR)
    return fragment(request, "console/parts/tasks.html", viewer=viewer, words=words, may_act=may_act, **known)


@router.post("/tasks", dependencies=[ProtectedForm])
async def change_tasks(
    request: Request,
    viewer: Supervising,
    database: DatabaseDep,
    settings: SettingsDep,
    action: Annotated[str, Form(max_length=20)] = "",
    task: Annotated[tuple[UUID, ...], Form()] = (),
    reason: Annotated[str, Form(max_length=500)] = "",
    to_queue: Annotated[str, Form(max_length=64)] = "",
    to_agent: Annotated[str, Form(max_length=36)] = "",
    queue: Annotated[str, Form(max_length=64)] = "",
    state: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    order = Order(action=action, tasks=task, reason=reason.replace("\0", "").strip(), queue=to_queue, agent=to_agent)
    answers = await carry_out(database, settings, order, viewer)
    if answers.went_well:
        kept = {name: value for name, value in (("queue", queue), ("state", state)) if value}
        return RedirectResponse(f"/console?{urlencode({'done': answers.done, **kept})}", 303)
    async with database.transaction() as session:
        known = await _whole(session, database.clock, queue=queue, state=state, order=order, answers=answers)
    status = 422 if answers.faults else 409
    return page(request, "console/now.html", viewer=viewer, status=status, done=answers.done, may_act=True, **known)


async def floor_of(session: AsyncSession, clock: Clock) -> dict[str, Any]:
    """Return what the live part of the page shows."""
    floor = await board(session, now=await clock.now(session))
    return {
        "board": floor,
        "alarms": await alarms(session, floor),
        "asking": await help_asked(session),
        "switches": await thrown(session),
        "words": words,
    }


async def tasks_of(
    session: AsyncSession, clock: Clock, *, queue: str, state: str, chosen: Sequence[UUID] = ()
) -> dict[str, Any]:
    """Return the list of tasks, narrowed to a queue and a state; a state that is none narrows nothing."""
    wanted = TaskState(state) if state in set(TaskState) else None
    tasks = await floor_tasks(session, now=await clock.now(session), queue=queue or None, state=wanted, limit=_SHOWN + 1)
    queues = await queue_names(session)
    agents = (await session.exec(select(AgentRow.id, AgentRow.name).order_by(AgentRow.name))).all()
    return {
        "tasks": tasks[:_SHOWN],
        "more": len(tasks) > _SHOWN,
        "chosen": chosen,
        "queue": queue,
        "state": wanted or "",
        "queues": queues,
        "agents_by_id": [(str(id_), name) for id_, name in agents],
        "states": [each.value for each in TaskState if each not in (TaskState.DONE, TaskState.WITHDRAWN)],
        "narrowed": urlencode({"queue": queue, "state": wanted or ""}),
        "order": None,
        "answers": None,
    }


async def _whole(
    session: AsyncSession,
    clock: Clock,
    *,
    queue: str,
    state: str,
    order: Order | None = None,
    answers: Answers | None = None,
) -> dict[str, Any]:
    chosen = order.tasks if order is not None else ()
    listed = await tasks_of(session, clock, queue=queue, state=state, chosen=chosen)
    return {**await floor_of(session, clock), **listed, "order": order, "answers": answers}
