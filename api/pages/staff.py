"""People and their roles, on the console's page of settings: an admin changes them, a supervisor reads them."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import select

from api.dependencies import DatabaseDep, Session
from api.pages.frame import page
from api.pages.people import ProtectedForm, Role, Viewer, allow
from api.pages.staff_words import FAULTS, ROLES
from orchestrator.errors import BadInput, Conflict
from orchestrator.identity import accounts, second_factor
from orchestrator.queueing.tables import AgentRow

router = APIRouter()

SETTINGS = "/console/settings"
Admin = Annotated[Viewer, allow(Role.ADMIN)]
Reader = Annotated[Viewer, allow(Role.SUPERVISOR)]
Line = Annotated[str, Form(max_length=1000)]


@router.get(SETTINGS)
async def show_people(request: Request, viewer: Reader, session: Session) -> Response:
    return await _people_page(request, viewer, session)


@router.post(f"{SETTINGS}/people", dependencies=[ProtectedForm])
async def add_person(
    request: Request,
    viewer: Admin,
    session: Session,
    database: DatabaseDep,
    role: Annotated[Role, Form()],
    login: Line = "",
    name: Line = "",
    agent: Line = "",
    locale: Line = "en",
    zone: Line = "Etc/UTC",
) -> Response:
    typed = {"login": login, "name": name, "role": role.value, "agent": agent, "locale": locale, "zone": zone}
    password, now = secrets.token_urlsafe(15), await database.clock.now(session)
    agent_id = await _agent_id(session, agent)
    try:
        person = await accounts.add_person(
            session,
            login,
            name=name,
            role=role,
            password=password,
            agent_id=agent_id,
            locale=locale,
            zone=zone,
            who=viewer,
            now=now,
        )
    except BadInput as refused:  # told beside the field, with all that was typed
        return await _people_page(request, viewer, session, typed=typed, fault=refused.field)
    return await _people_page(request, viewer, session, made=(person.login, password))


@router.post(f"{SETTINGS}/people/{{person_id}}/password", dependencies=[ProtectedForm])
async def new_password(request: Request, person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep) -> Response:
    login, password = await _another(session, person_id, viewer), secrets.token_urlsafe(15)
    await accounts.set_password(session, login, password, who=viewer, now=await database.clock.now(session))
    return await _people_page(request, viewer, session, made=(login, password))


@router.post(f"{SETTINGS}/people/{{person_id}}/disabling", dependencies=[ProtectedForm])
async def disable(person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep) -> Response:
    login = await _another(session, person_id, viewer)
    await accounts.disable(session, login, who=viewer, now=await database.clock.now(session))
    return RedirectResponse(SETTINGS, 303)


@router.post(f"{SETTINGS}/people/{{person_id}}/return", dependencies=[ProtectedForm])
async def let_back(person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep) -> Response:
    login = await _another(session, person_id, viewer)
    await accounts.let_back(session, login, who=viewer, now=await database.clock.now(session))
    return RedirectResponse(SETTINGS, 303)


@router.post(f"{SETTINGS}/people/{{person_id}}/factor-removal", dependencies=[ProtectedForm])
async def remove_factor(person_id: UUID, viewer: Admin, session: Session, database: DatabaseDep) -> Response:
    await _another(session, person_id, viewer)
    await second_factor.forget(session, person_id, who=viewer, now=await database.clock.now(session))
    return RedirectResponse(SETTINGS, 303)


async def _another(session: Session, person_id: UUID, viewer: Viewer) -> str:
    """Return the login of somebody else: nobody shuts themselves out, or goes past their own second factor."""
    if person_id == viewer.person_id:
        raise Conflict("this is you", fix="ask another admin")
    return (await accounts.person_with(session, person_id)).login


async def _agent_id(session: Session, name: str) -> UUID | None:
    return None if not name else (await session.exec(select(AgentRow.id).where(AgentRow.name == name))).first()


async def _people_page(
    request: Request,
    viewer: Viewer,
    session: Session,
    *,
    typed: dict[str, str] | None = None,
    fault: str | None = None,
    made: tuple[str, str] | None = None,
) -> Response:
    agents = (await session.exec(select(AgentRow).order_by(AgentRow.name))).all()
    return page(
        request,
        "settings_people.html",
        viewer=viewer,
        status=422 if fault else 200,
        people=await accounts.people(session),
        agents={agent.id: agent.name for agent in agents},
        agent_choices=[(agent.name, agent.name) for agent in agents],
        typed=typed or {"login": "", "name": "", "role": "agent", "agent": "", "locale": "en", "zone": viewer.zone},
        fault=fault,
        made=made,
        may_change=viewer.may(Role.ADMIN),
        roles=ROLES,
        faults=FAULTS,
    )
