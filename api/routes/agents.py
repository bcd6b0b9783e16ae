"""Agents: who they are, whether they are available, and their next task."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, StringConstraints

from api.dependencies import CurrentAgent, DatabaseDep, Now, Session, SettingsDep, Supervisor, idempotent
from api.schemas import Body, Text, View
from api.task_views import TaskView
from api.transactions import Transactional
from orchestrator.queueing.arriving import change_presence
from orchestrator.queueing.presence import Chosen
from orchestrator.queueing.pulling import SENTENCES, Nothing, Pulled, next_task
from orchestrator.queueing.roster import AgentStanding, roster
from orchestrator.queueing.tables import Presence

router = APIRouter(prefix="/v1/agents", tags=["agents"], route_class=Transactional, dependencies=[Depends(idempotent)])


class AgentView(View):
    """`presence`: what they chose, or `not_answering` where too many offers in a row ran out.

    `here`: the desk showed a sign of life within a minute. `task`: what they have in hand, on offer too.
    """

    id: UUID
    name: str
    queues: list[str]
    languages: list[str]
    skills: list[str]
    presence: Presence
    pause_code: str | None
    presence_since: datetime
    here: bool
    task: TaskView | None

    @classmethod
    def of(cls, standing: AgentStanding) -> "AgentView":
        agent = standing.agent
        return cls(
            id=agent.id,
            name=agent.name,
            queues=list(standing.queues),
            languages=agent.languages,
            skills=agent.skills,
            presence=agent.presence,
            pause_code=agent.pause_code,
            presence_since=agent.presence_since,
            here=standing.here,
            task=TaskView.model_validate(standing.task) if standing.task else None,
        )


class PresenceChange(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"presence": "paused", "pause_code": "lunch"}]})

    presence: Chosen
    pause_code: Annotated[Text, StringConstraints(min_length=1, max_length=40)] | None = None


class NextTask(View):
    """A task to work on, or why there is none: `reason` is a code, `sentence` says it in English."""

    task: TaskView | None
    reason: Nothing | None
    sentence: str | None

    @classmethod
    def of(cls, pulled: Pulled) -> "NextTask":
        return cls(
            task=TaskView.model_validate(pulled.task) if pulled.task else None,
            reason=pulled.reason,
            sentence=SENTENCES[pulled.reason] if pulled.reason else None,
        )


@router.get("", summary="All agents and what they are doing")
async def list_agents(_: Supervisor, session: Session, now: Now) -> list[AgentView]:
    return [AgentView.of(each) for each in await roster(session, now=now)]


@router.get("/me", summary="Who am I, and what have I in hand")
async def who_am_i(me: CurrentAgent, session: Session, now: Now) -> AgentView:
    return AgentView.of((await roster(session, now=now, agent_id=me))[0])


@router.put("/me/presence", summary="Be available (also: be back), paused or offline; a pause is never overwritten")
async def put_presence(
    body: PresenceChange, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> AgentView:
    await change_presence(session, me, body.presence, pause_code=body.pause_code, clock=database.clock, settings=settings)
    now = await database.clock.now(session)
    return AgentView.of((await roster(session, now=now, agent_id=me))[0])


@router.post("/me/next", summary="Give me the most urgent task that suits, or say why there is none")
async def post_next(me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep) -> NextTask:
    return NextTask.of(await next_task(session, me, clock=database.clock, settings=settings))
