"""Agents on the console's settings: what they speak, know and serve, who can do what, and their tokens, each shown once."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.console.now import Supervising
from api.pages.frame import page
from api.pages.people import ProtectedForm, Viewer
from api.pages.settings.agent_form import AgentForm, settings_of_agents
from api.pages.settings.words import AGENT_FAULTS, AGENT_FIELDS, Shown, faults_of
from api.transactions import Repeatable
from orchestrator.errors import BadInput, Faults
from orchestrator.queueing.presence import NoSuchAgent
from orchestrator.queueing.queues import queue_names
from orchestrator.queueing.roster import AgentStanding, add_agent, check_new_agent, issue_for, roster
from orchestrator.queueing.staffing import Abilities, AgentAtWork, change_agent, check_queues, retire_agent
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

AGENTS = "/console/settings/agents"
router = APIRouter(prefix=AGENTS, route_class=Repeatable)

Line = Annotated[str, Form(max_length=4000)]
Chosen = Annotated[list[str], Form()]


@router.get("")
async def show_agents(
    request: Request, viewer: Supervising, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    return await _list(request, viewer, session, database, settings)


@router.post("", dependencies=[ProtectedForm])
async def hire(
    request: Request,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    queues: Chosen = [],  # noqa: B006 - FastAPI copies it
    name: Line = "",
    languages: Line = "",
    skills: Line = "",
    phone: Line = "",
) -> Response:
    form = AgentForm(name.strip(), languages, skills, tuple(queues), phone)
    wanted = form.abilities()
    try:
        await _check_new(session, form.name, wanted)
        token = await add_agent(
            session,
            form.name,
            queues=wanted.queues,
            languages=wanted.languages,
            skills=wanted.skills,
            phone=wanted.phone,
            who=viewer,
            now=await database.clock.now(session),
        )
    except BadInput as refused:  # told beside the fields, with all that was typed
        return await _list(request, viewer, session, database, settings, form=form, refused=refused)
    return await _list(request, viewer, session, database, settings, made=Shown(form.name, token))


@router.get("/{agent_id}")
async def show_agent(
    request: Request, agent_id: UUID, viewer: Supervising, session: Session, database: DatabaseDep
) -> Response:
    return await _one(request, viewer, session, database, agent_id)


@router.post("/{agent_id}", dependencies=[ProtectedForm])
async def change(
    request: Request,
    agent_id: UUID,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    queues: Chosen = [],  # noqa: B006 - FastAPI copies it
    languages: Line = "",
    skills: Line = "",
    phone: Line = "",
) -> Response:
    known = await _standing(session, database, agent_id)
    form = AgentForm(known.agent.name, languages, skills, tuple(queues), phone)
    try:
        await change_agent(session, agent_id, form.abilities(), who=viewer, clock=database.clock, settings=settings)
    except BadInput as unfit:
        faults = faults_of(unfit, AGENT_FAULTS, AGENT_FIELDS)
        return await _one(request, viewer, session, database, agent_id, status=422, form=form, faults=faults)
    return RedirectResponse(AGENTS, 303)


@router.post("/{agent_id}/token", dependencies=[ProtectedForm])
async def another_token(
    request: Request, agent_id: UUID, viewer: Supervising, session: Session, database: DatabaseDep
) -> Response:
    agent = (await _standing(session, database, agent_id)).agent
    token = await issue_for(session, agent, who=viewer, now=await database.clock.now(session))
    return await _one(request, viewer, session, database, agent_id, made=Shown(agent.name, token))


@router.post("/{agent_id}/leaving", dependencies=[ProtectedForm])
async def let_go(
    request: Request,
    agent_id: UUID,
    viewer: Supervising,
    session: Session,
    database: DatabaseDep,
    confirmed: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    if confirmed != "yes":
        return await _one(request, viewer, session, database, agent_id, asked=True)
    try:
        await retire_agent(session, agent_id, who=viewer, clock=database.clock)
    except AgentAtWork:  # the page says what to wait for
        return await _one(request, viewer, session, database, agent_id, status=409, refused=True)
    return RedirectResponse(AGENTS, 303)


async def _check_new(session: AsyncSession, name: str, able: Abilities) -> None:
    faults = Faults()
    with faults:
        await check_new_agent(session, name, queues=able.queues, languages=able.languages, skills=able.skills, phone=able.phone)
    with faults:
        await check_queues(session, able.queues)
    faults.settle()


async def _standing(session: AsyncSession, database: Database, agent_id: UUID) -> AgentStanding:
    found = await roster(session, now=await database.clock.now(session), agent_id=agent_id)
    if not found:
        raise NoSuchAgent("there is no such agent")
    return found[0]


async def _list(
    request: Request,
    viewer: Viewer,
    session: AsyncSession,
    database: Database,
    settings: Settings,
    *,
    form: AgentForm | None = None,
    refused: BadInput | None = None,
    made: Shown | None = None,
) -> Response:
    known = await settings_of_agents(session, now=await database.clock.now(session), hide=settings.hide_numbers)
    status, faults = 422 if refused else 200, faults_of(refused, AGENT_FAULTS, AGENT_FIELDS)
    told = {"form": form or AgentForm(), "made": made, "faults": faults}
    return page(request, "settings/agents.html", viewer=viewer, status=status, **known, **told)


async def _one(
    request: Request,
    viewer: Viewer,
    session: AsyncSession,
    database: Database,
    agent_id: UUID,
    *,
    status: int = 200,
    form: AgentForm | None = None,
    **told: Any,
) -> Response:
    known = await _standing(session, database, agent_id)
    shown = {"faults": {}, "made": None, "asked": False, "refused": False, **told}
    return page(
        request,
        "settings/agent.html",
        viewer=viewer,
        status=status,
        standing=known,
        form=form or AgentForm.of(known),
        queue_names=await queue_names(session),
        **shown,
    )
