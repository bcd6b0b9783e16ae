"""The form of the tasks as it is sent: an order that ends cases for good is asked about a second time."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, SettingsDep
from api.pages.console.bulk import Action, Answers, Order, carry_out
from api.pages.console.now import Lens, Supervising, whole
from api.pages.frame import page
from api.pages.people import ProtectedForm, Viewer
from orchestrator.insights.leaving import leaving
from orchestrator.storage.database import Database

router = APIRouter(prefix="/console/tasks")


@router.post("", dependencies=[ProtectedForm])
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
    tell: Annotated[str, Form(max_length=3)] = "",
    untold_because: Annotated[str, Form(max_length=500)] = "",
    confirmed: Annotated[str, Form(max_length=3)] = "",
    queue: Annotated[str, Form(max_length=64)] = "",
    state: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    order = Order(
        action=action,
        tasks=tuple(dict.fromkeys(task)),
        reason=_tidy(reason),
        queue=to_queue,
        agent=to_agent,
        tell=tell != "no",
        untold_because=_tidy(untold_because),
    )
    narrowed = {"queue": queue, "state": state}
    if confirmed == "no":
        return await _page(request, viewer, database, order, None, narrowed)
    if action == Action.WITHDRAW and not order.faults() and (confirmed != "yes" or order.unsaid()):
        sure = await _sure(request, viewer, database, order, narrowed, faults=order.unsaid() if confirmed else {})
        if sure is not None:
            return sure
    answers = await carry_out(database, settings, order, viewer)
    if answers.went_well:
        return RedirectResponse(f"/console?{urlencode(_done(answers) | {k: v for k, v in narrowed.items() if v})}", 303)
    return await _page(request, viewer, database, order, answers, narrowed)


def _tidy(text: str) -> str:
    return text.replace("\0", "").strip()


def _done(answers: Answers) -> dict[str, int]:
    told = {name: number for name, number in (("told", answers.told), ("untold", answers.untold)) if number}
    return {"done": answers.done, **told}


async def _sure(
    request: Request, viewer: Viewer, database: Database, order: Order, narrowed: dict[str, str], faults: dict[str, str]
) -> Response | None:
    """Return the question; None where nothing is left to be withdrawn, and so nothing to ask."""
    async with database.transaction() as session:
        tasks = await leaving(session, order.tasks)
    if not tasks:
        return None
    known = {"tasks": tasks, "promised": sum(each.promised_by is not None for each in tasks), "faults": faults}
    status = 422 if faults else 200
    return page(request, "console/withdraw.html", viewer=viewer, status=status, order=order, narrowed=narrowed, **known)


async def _page(
    request: Request,
    viewer: Viewer,
    database: Database,
    order: Order,
    answers: Answers | None,
    narrowed: dict[str, Any],
) -> Response:
    """Return the floor with what was chosen and typed, and why it was not done where it was not."""
    async with database.transaction() as session:
        known = await whole(session, Lens.of(request, viewer), **narrowed, order=order, answers=answers)
    status = 200 if answers is None else 422 if answers.faults else 409
    done = {"done": 0} if answers is None else _done(answers)
    told = {"told": 0, "untold": 0} | done
    return page(request, "console/now.html", viewer=viewer, status=status, may_act=True, **told, **known)
