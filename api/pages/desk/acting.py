"""One action of the desk: done in a transaction, and answered with the desk as it then is, whatever came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.desk import outcome_words
from api.pages.desk import words as desk_words
from api.pages.desk.forms import SUGGESTED, Typed, fault_of
from api.pages.desk.view import Parts, agent_of, desk_of, floor_of, language
from api.pages.frame import page
from api.pages.people import Viewer
from orchestrator.errors import BadInput, Conflict, NoSuch
from orchestrator.queueing.assisting import LinkNotSent
from orchestrator.queueing.desk_life import GIVEN_ON, MISSED, Left, why_gone
from orchestrator.queueing.leases import StaleFence, TaskGone
from orchestrator.queueing.pulling import next_task

Doing = Callable[[AsyncSession], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Notice:
    """What just happened, in English, and whether that is good, a warning or bad; `words` are somebody's own, about it."""

    text: str
    tone: str = "good"
    words: str | None = None


def _(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


SAID = {
    "help": Notice(_("A supervisor sees that you need help.")),
    "link": Notice(_("The message is on its way to the customer.")),
    "never": Notice(_("The customer will not be called again.")),
    "done": Notice(_("Done. Thank you.")),
    "later": Notice(_("The call is agreed. It comes to you first.")),
}
MOVED_ON = Notice(_("That does not fit any more: the task has moved on. This is how it stands now."), "warn")
WHOLE, WORK = "desk/desk.html", "desk/work.html"
NO_LINK = Notice(_("No message may go to this customer now. Tell them where to go on instead."), "warn")


async def act(
    request: Request, viewer: Viewer, doing: Doing, *, task_id: UUID | None = None, typed: Typed | None = None, said: str = ""
) -> Response:
    """Do it, and lead back to the desk; what cannot be done is explained there, with what was typed."""
    parts = Parts.of(request)
    try:
        await parts.database.run(doing)
    except (TaskGone, StaleFence, NoSuch):
        return await show(request, viewer, status=409, notice=await gone(parts, viewer, task_id))
    except LinkNotSent:
        return await show(request, viewer, status=409, notice=NO_LINK)
    except Conflict:
        return await show(request, viewer, status=409, notice=MOVED_ON, typed=typed)
    except BadInput as error:
        field, text = fault_of(error) or ("", "")
        given = typed or Typed()
        return await show(request, viewer, status=422, typed=Typed(given.form, given.values, {field: text}))
    return RedirectResponse(f"/desk?said={said}" if said else "/desk", 303)


async def show(
    request: Request,
    viewer: Viewer,
    *,
    status: int = 200,
    notice: Notice | None = None,
    typed: Typed | None = None,
    template: str = WHOLE,
    unless: str | None = None,
    taken: str | None = None,
    had: UUID | None = None,
) -> Response:
    """Return the desk as it is now, or nothing where its mark is still `unless`. `taken`: what was typed for it is kept.

    Where the task `had` is no longer in hand, it says why.
    """
    parts, reads = Parts.of(request), language(request, viewer)

    async def look(session: AsyncSession) -> dict[str, Any]:
        now = await parts.database.clock.now(session)
        desk = await desk_of(session, parts, viewer, reads, now=now)
        left = had is not None and (desk.work is None or desk.work.task.id != had)
        reason = await why_gone(session, had, agent_id=desk.agent.id) if left and had is not None else None
        floor = await floor_of(session, parts, viewer, reads, now=now) if template == WHOLE else None
        said = notice or _gone_for(reason)
        return {"desk": desk, "stops": desk.stops, "work": desk.work, "floor": floor, "now": now, "notice": said}

    shown = await parts.database.run(look)
    if shown["notice"] is None and shown["desk"].mark == unless:
        return Response(status_code=204)
    return page(
        request,
        template,
        viewer=viewer,
        status=status,
        typed=typed or Typed(),
        taken=taken,
        words=desk_words,
        outcome_words=outcome_words,
        suggested=SUGGESTED,
        **shown,
    )


async def gone(parts: Parts, viewer: Viewer, task_id: UUID | None) -> Notice | None:
    """Say why a task left the desk, and take the next one in its place.

    None where it is there still, or where the agent has ended it.
    """
    agent_id = agent_of(viewer)

    async def ask(session: AsyncSession) -> Left | None:
        return Left(GIVEN_ON) if task_id is None else await why_gone(session, task_id, agent_id=agent_id)

    async def take(session: AsyncSession) -> object:
        return await next_task(session, agent_id, clock=parts.database.clock, settings=parts.settings)

    reason = await parts.database.run(ask)
    if reason is None:
        return None
    await parts.database.run(take)
    return _gone_for(reason)


def _gone_for(left: Left | None) -> Notice | None:
    if left is None or left.code == MISSED:
        return None
    return Notice(desk_words.GONE.get(left.code, desk_words.GONE_OTHERWISE), "warn", left.words)
