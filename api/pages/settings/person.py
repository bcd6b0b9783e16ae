"""One person on the console's settings: an admin looks at them and changes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import select

from api.dependencies import DatabaseDep, Session
from api.pages.frame import page
from api.pages.people import ProtectedForm, Role, Viewer
from api.pages.settings.people import SETTINGS, Admin, Line, agent_id_of
from api.pages.settings.people_words import DONE, FAULTS, ROLE_CHOICES
from api.pages.settings.words import faults_of
from api.transactions import Repeatable
from orchestrator.errors import BadInput, Conflict
from orchestrator.identity import accounts, sessions
from orchestrator.identity.person_changes import Wanted, change_person
from orchestrator.identity.tables import PersonRow
from orchestrator.queueing.tables import AgentRow

router = APIRouter(prefix=f"{SETTINGS}/people/{{person_id}}", route_class=Repeatable)

Confirmed = Annotated[str, Form(max_length=3)]


@dataclass(frozen=True, slots=True)
class Around:
    """Who looks at whom."""

    request: Request
    viewer: Viewer
    session: Session
    person_id: UUID

    async def person(self) -> PersonRow:
        """Return the person. Raises `NoSuch`."""
        return await accounts.person_with(self.session, self.person_id)

    async def another(self) -> str:
        """Return the login of somebody else: nobody shuts themselves out, or goes past their own second factor."""
        if self.person_id == self.viewer.person_id:
            raise Conflict("this is you", fix="ask another admin")
        return (await self.person()).login

    def told(self, done: str) -> Response:
        """Lead to the person's page, which says what was done."""
        return RedirectResponse(f"{SETTINGS}/people/{self.person_id}?done={done}", 303)


@router.get("")
async def show_person(request: Request, person_id: UUID, viewer: Admin, session: Session, done: str = "") -> Response:
    if person_id == viewer.person_id:
        return RedirectResponse("/me", 303)
    return await person_page(Around(request, viewer, session, person_id), done=DONE.get(done))


@router.post("", dependencies=[ProtectedForm])
async def change(
    request: Request,
    person_id: UUID,
    viewer: Admin,
    session: Session,
    database: DatabaseDep,
    role: Annotated[Role, Form()],
    name: Line = "",
    agent: Line = "",
    locale: Line = "",
    zone: Line = "",
) -> Response:
    around = Around(request, viewer, session, person_id)
    await around.another()
    wanted = Wanted(name=name, role=role, agent_id=await agent_id_of(session, agent), locale=locale, zone=zone)
    try:
        await change_person(session, person_id, wanted, who=viewer, now=await database.clock.now(session))
    except BadInput as unfit:  # told beside the fields, with all that was typed
        typed = {"name": name, "role": role.value, "agent": agent, "locale": locale, "zone": zone}
        return await person_page(around, typed=typed, refused=unfit)
    return around.told("saved")


async def person_page(
    around: Around,
    *,
    typed: Mapping[str, str] | None = None,
    refused: BadInput | None = None,
    made: str | None = None,
    done: str | None = None,
) -> Response:
    person, settings = await around.person(), around.request.app.state.settings
    agents = (await around.session.exec(select(AgentRow).order_by(AgentRow.name))).all()
    return page(
        around.request,
        "settings/person.html",
        viewer=around.viewer,
        status=422 if refused else 200,
        person=person,
        may_go_over=settings.offers_openid and person.password_hash is not None,
        open_sessions=await sessions.open_sessions(around.session, person.id),
        agent_choices=[(agent.name, agent.name) for agent in agents],
        role_choices=ROLE_CHOICES,
        typed=typed or _as_stored(person, {agent.id: agent.name for agent in agents}),
        faults=faults_of(refused, FAULTS),
        made=made,
        done=done,
    )


def _as_stored(person: PersonRow, agents: Mapping[UUID, str]) -> dict[str, Any]:
    agent = agents[person.agent_id] if person.agent_id else ""
    return {"name": person.name, "role": person.role.value, "agent": agent, "locale": person.locale, "zone": person.zone}
