"""How one person comes in, on the console's settings: a new password, shut out and let back, sessions and second factor."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.frame import page
from api.pages.people import ProtectedForm
from api.pages.settings.people import SETTINGS, Admin
from api.pages.settings.people_words import ASKED, Asked
from api.pages.settings.person import Around, person_page
from api.transactions import Repeatable
from orchestrator.errors import BadInput, Conflict
from orchestrator.identity import accounts, openid, second_factor
from orchestrator.identity.person_changes import sign_out_person

router = APIRouter(prefix=f"{SETTINGS}/people/{{person_id}}", route_class=Repeatable)

Confirmed = Annotated[str, Form(max_length=3)]


@router.post("/password", dependencies=[ProtectedForm])
async def new_password(
    request: Request, person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep, confirmed: Confirmed = ""
) -> Response:
    around = Around(request, viewer, session, person_id)
    login = await around.another()
    if confirmed != "yes":
        return await _ask(around, Asked.RENEWAL)
    password = secrets.token_urlsafe(15)
    await accounts.set_password(session, login, password, who=viewer, now=await database.clock.now(session))
    return await person_page(around, made=password)


@router.post("/openid", dependencies=[ProtectedForm])
async def go_over(
    request: Request,
    person_id: UUID,
    viewer: Admin,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    confirmed: Confirmed = "",
) -> Response:
    around = Around(request, viewer, session, person_id)
    login = await around.another()
    if not settings.offers_openid:
        raise Conflict("no provider is named", fix="name one in the settings first")
    if confirmed != "yes":
        return await _ask(around, Asked.GOING_OVER)
    await openid.go_over(session, login, settings=settings, who=viewer, now=await database.clock.now(session))
    return around.told("openid")


@router.post("/disabling", dependencies=[ProtectedForm])
async def disable(
    request: Request, person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep, confirmed: Confirmed = ""
) -> Response:
    around = Around(request, viewer, session, person_id)
    login = await around.another()
    if confirmed != "yes":
        return await _ask(around, Asked.DISABLING)
    try:
        await accounts.disable(session, login, who=viewer, now=await database.clock.now(session))
    except BadInput as unfit:
        return await person_page(around, refused=unfit)
    return around.told("out")


@router.post("/return", dependencies=[ProtectedForm])
async def let_back(request: Request, person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep) -> Response:
    around = Around(request, viewer, session, person_id)
    await accounts.let_back(session, await around.another(), who=viewer, now=await database.clock.now(session))
    return around.told("back")


@router.post("/sessions-end", dependencies=[ProtectedForm])
async def end_sessions(request: Request, person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep) -> Response:
    around = Around(request, viewer, session, person_id)
    await around.another()
    await sign_out_person(session, person_id, who=viewer, now=await database.clock.now(session))
    return around.told("sessions")


@router.post("/factor-removal", dependencies=[ProtectedForm])
async def remove_factor(request: Request, person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep) -> Response:
    around = Around(request, viewer, session, person_id)
    await around.another()
    await second_factor.forget(session, person_id, who=viewer, now=await database.clock.now(session))
    return around.told("factor")


async def _ask(around: Around, asked: Asked) -> Response:
    person, words = await around.person(), ASKED[asked]
    return page(
        around.request, "settings/person_sure.html", viewer=around.viewer, person=person, asked=asked.value, words=words
    )
