"""What an agent does at the desk: a form each, which works without script and calls what `/v1/tasks` calls."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.desk import words as desk_words
from api.pages.desk.acting import Notice, act, show
from api.pages.desk.forms import Typed, hold_of, known_reason, pause_code
from api.pages.desk.view import Parts, agent_of
from api.pages.people import ProtectedForm, Role, Viewer, allow
from orchestrator.queueing import assisting, working, wrapping
from orchestrator.queueing.arriving import change_presence
from orchestrator.queueing.presence import Chosen
from orchestrator.queueing.pulling import next_task

router = APIRouter(prefix="/desk", include_in_schema=False, dependencies=[ProtectedForm])

Me = Annotated[Viewer, allow(Role.AGENT)]
Text = Annotated[str, Form()]


@router.post("/presence")
async def set_presence(request: Request, me: Me, presence: Annotated[Chosen, Form()], pause: Text = "") -> Response:
    parts, agent_id = Parts.of(request), agent_of(me)

    async def doing(session: AsyncSession) -> object:
        code = pause_code(presence, pause, desk_words.PAUSES)
        clock, settings = parts.database.clock, parts.settings
        return await change_presence(session, agent_id, presence, pause_code=code, clock=clock, settings=settings)

    return await act(request, me, doing, typed=Typed("presence", {"presence": presence, "pause": pause}))


@router.post("/next")
async def ask_for_next(request: Request, me: Me) -> Response:
    parts, agent_id = Parts.of(request), agent_of(me)
    pulled = await parts.database.run(
        lambda session: next_task(session, agent_id, clock=parts.database.clock, settings=parts.settings)
    )
    notice = None if pulled.reason is None else Notice(desk_words.NOTHING[pulled.reason], "warn")
    return await show(request, me, notice=notice)


@router.post("/tasks/{task_id}/accept")
async def accept(request: Request, me: Me, task_id: UUID, fence: Text = "") -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)
    clock, settings = parts.database.clock, parts.settings
    return await act(
        request, me, lambda session: working.accept(session, hold, clock=clock, settings=settings), task_id=task_id
    )


@router.post("/tasks/{task_id}/reject")
async def reject(request: Request, me: Me, task_id: UUID, fence: Text = "", reason: Text = "") -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)
    clock, settings = parts.database.clock, parts.settings

    async def doing(session: AsyncSession) -> object:
        why = known_reason(reason, desk_words.REJECTIONS)
        return await working.reject(session, hold, reason=why, clock=clock, settings=settings)

    return await act(request, me, doing, task_id=task_id, typed=Typed("reject", {"reason": reason}))


@router.post("/tasks/{task_id}/call")
async def call(request: Request, me: Me, task_id: UUID, fence: Text = "") -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)
    clock, settings = parts.database.clock, parts.settings
    return await act(request, me, lambda session: working.call(session, hold, clock=clock, settings=settings), task_id=task_id)


@router.post("/tasks/{task_id}/hang-up")
async def hang_up(request: Request, me: Me, task_id: UUID, fence: Text = "") -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)
    clock, settings = parts.database.clock, parts.settings
    return await act(
        request, me, lambda session: assisting.hang_up(session, hold, clock=clock, settings=settings), task_id=task_id
    )


@router.post("/tasks/{task_id}/help")
async def ask_for_help(request: Request, me: Me, task_id: UUID, fence: Text = "") -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)
    clock = parts.database.clock
    return await act(
        request, me, lambda session: assisting.ask_for_help(session, hold, clock=clock), task_id=task_id, said="help"
    )


@router.post("/tasks/{task_id}/more-time")
async def ask_for_more_time(request: Request, me: Me, task_id: UUID, fence: Text = "") -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)
    clock = parts.database.clock
    return await act(request, me, lambda session: wrapping.more_time(session, hold, clock=clock), task_id=task_id)


@router.post("/tasks/{task_id}/link")
async def send_link(request: Request, me: Me, task_id: UUID, fence: Text = "") -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)
    clock, settings = parts.database.clock, parts.settings
    return await act(
        request,
        me,
        lambda session: assisting.send_link(session, hold, clock=clock, settings=settings),
        task_id=task_id,
        said="link",
    )
