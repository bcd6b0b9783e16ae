"""People and their roles, on the console's page of settings: an admin changes them, a supervisor reads them."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlmodel import select

from api.dependencies import DatabaseDep, Session
from api.pages.frame import page
from api.pages.people import ProtectedForm, Role, Viewer, allow
from api.pages.settings.people_words import FAULTS, ROLE_CHOICES, ROLES
from api.pages.settings.words import faults_of
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.identity import accounts
from orchestrator.queueing.tables import AgentRow

router = APIRouter(route_class=Repeatable)

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
    agent_id = await agent_id_of(session, agent)
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
    except BadInput as refused:  # told beside the fields, with all that was typed
        return await _people_page(request, viewer, session, typed=typed, refused=refused)
    return await _people_page(request, viewer, session, made=(person.login, password))


async def agent_id_of(session: Session, name: str) -> UUID | None:
    """Return the id of the agent of this name; None for none, and where there is none."""
    return None if not name else (await session.exec(select(AgentRow.id).where(AgentRow.name == name))).first()


async def _people_page(
    request: Request,
    viewer: Viewer,
    session: Session,
    *,
    typed: dict[str, str] | None = None,
    refused: BadInput | None = None,
    made: tuple[str, str] | None = None,
) -> Response:
    agents = (await session.exec(select(AgentRow).order_by(AgentRow.name))).all()
    return page(
        request,
        "settings/people.html",
        viewer=viewer,
        status=422 if refused else 200,
        people=await accounts.people(session),
        agents={agent.id: agent.name for agent in agents},
        agent_choices=[(agent.name, agent.name) for agent in agents],
        typed=typed or {"login": "", "name": "", "role": "agent", "agent": "", "locale": "en", "zone": viewer.zone},
        made=made,
        may_change=viewer.may(Role.ADMIN),
        roles=ROLES,
        role_choices=ROLE_CHOICES,
        faults=faults_of(refused, FAULTS),
    )
