"""How an agent ends a task: with what came of it, with a time agreed, or never to call again. A form each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.desk.acting import act
from api.pages.desk.forms import Typed, agreed_time, hold_of, note_of, wrap_up
from api.pages.desk.notes import whole
from api.pages.desk.view import Parts, agent_of, language
from api.pages.people import ProtectedForm, Role, Viewer, allow
from orchestrator.queueing import assisting, rescheduling, working

router = APIRouter(prefix="/desk/tasks/{task_id}", include_in_schema=False, dependencies=[ProtectedForm])

Me = Annotated[Viewer, allow(Role.AGENT)]
Text = Annotated[str, Form()]


@router.post("/never-call")
async def never_call(
    request: Request,
    me: Me,
    task_id: UUID,
    fence: Text = "",
    at: Text = "",
    outcome: Text = "",
    notes: Text = "",
    worth: Text = "",
) -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)

    async def doing(session: AsyncSession) -> object:
        clock, settings = parts.database.clock, parts.settings
        said = await whole(session, parts, task_id, note_of(notes), language(request, me))
        return await assisting.never_call(session, hold, clock=clock, settings=settings, notes=said)

    return await act(
        request,
        me,
        doing,
        task_id=task_id,
        typed=Typed("wrap", {"at": at, "outcome": outcome, "notes": notes, "worth": worth}),
        said="never",
    )


@router.post("/complete")
async def complete(
    request: Request,
    me: Me,
    task_id: UUID,
    fence: Text = "",
    at: Text = "",
    outcome: Text = "",
    notes: Text = "",
    worth: Text = "",
) -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)

    async def doing(session: AsyncSession) -> object:
        said = wrap_up(outcome, notes, worth)
        return await working.complete(
            session,
            hold,
            disposition=said.disposition,
            sub_disposition=said.sub_disposition,
            worth_calling=said.worth_calling,
            notes=await whole(session, parts, task_id, said.notes, language(request, me)),
            clock=parts.database.clock,
            settings=parts.settings,
        )

    typed = Typed("wrap", {"at": at, "outcome": outcome, "notes": notes, "worth": worth})
    return await act(request, me, doing, task_id=task_id, typed=typed, said=f"done&taken={task_id}")


@router.post("/reschedule")
async def reschedule(
    request: Request,
    me: Me,
    task_id: UUID,
    fence: Text = "",
    at: Text = "",
    outcome: Text = "",
    notes: Text = "",
    worth: Text = "",
) -> Response:
    parts, hold = Parts.of(request), hold_of(task_id, agent_of(me), fence)

    async def doing(session: AsyncSession) -> object:
        clock, settings = parts.database.clock, parts.settings
        when, note = agreed_time(at), note_of(notes)
        said = await whole(session, parts, task_id, note, language(request, me))
        return await rescheduling.reschedule(session, hold, at=when, clock=clock, settings=settings, notes=said)

    typed = Typed("wrap", {"at": at, "outcome": outcome, "notes": notes, "worth": worth})
    return await act(request, me, doing, task_id=task_id, typed=typed, said=f"later&taken={task_id}")
