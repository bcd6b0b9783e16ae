"""Tasks: what waits, what an agent does with the one in hand, and what a supervisor may do to any."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints

from api.dependencies import CurrentAgent, DatabaseDep, Now, RulesDep, Session, SettingsDep, Staff, Supervisor, idempotent
from api.paging import After, Limit, Page, decode, encode
from api.schemas import Because, Body, Reason, Text
from api.task_views import TaskCard, TaskView, card
from api.titles import titles_of
from api.transactions import Transactional
from orchestrator.insights.stories import story
from orchestrator.insights.unseen import veil_of_case
from orchestrator.intake.showing import hider_for_agents
from orchestrator.queueing import assisting, rescheduling, supervising, working, wrapping
from orchestrator.queueing.listing import Wanted, task_for, tasks_wanted
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.queueing.working import Hold

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], route_class=Transactional, dependencies=[Depends(idempotent)])

States = Annotated[Sequence[TaskState], Query(alias="state", description="Any of these; without, all that are not over.")]


class Fenced(Body):
    """`fence` is the one the task came with: a task given on since answers 409 `stale_fence`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"fence": 1}]})

    fence: Annotated[int, Field(ge=0, lt=2**31)]


class Rejection(Fenced):
    model_config = ConfigDict(json_schema_extra={"examples": [{"fence": 1, "reason": "I know this customer privately"}]})

    reason: Reason = "not stated"


class Completion(Fenced):
    model_config = ConfigDict(json_schema_extra={"examples": [{"fence": 1, "disposition": "solved", "notes": "Paid by card."}]})

    disposition: Annotated[Text, StringConstraints(min_length=1, max_length=40)]
    sub_disposition: Annotated[Text, StringConstraints(min_length=1, max_length=40)] | None = None
    worth_calling: bool | None = None
    notes: Annotated[Text, StringConstraints(max_length=4000)] | None = None


class Rescheduling(Fenced):
    model_config = ConfigDict(json_schema_extra={"examples": [{"fence": 1, "at": "2026-03-02T15:00:00+02:00"}]})

    at: AwareDatetime
    notes: Annotated[Text, StringConstraints(max_length=4000)] | None = None


class Withdrawal(Because):
    """A customer who was promised the call is told by message that it will not come, unless `untold_because` says why not."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the shop closes down"}]})

    untold_because: Reason | None = None


class NeverCall(Fenced):
    model_config = ConfigDict(json_schema_extra={"examples": [{"fence": 1, "notes": "Asked me to stop."}]})

    notes: Annotated[Text, StringConstraints(max_length=4000)] | None = None


@router.get("", summary="Tasks in the order they were queued: an agent's own and their queues', a supervisor's all")
async def list_tasks(
    who: Staff, session: Session, state: States = (), queue: str | None = None, cursor: After = None, limit: Limit = 50
) -> Page[TaskView]:
    wanted = Wanted(agent_id=who.agent_id, queue=queue, states=state, after=decode(cursor), limit=limit + 1)
    rows = list(await tasks_wanted(session, wanted))
    more = encode(rows[limit - 1].queued_at, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[TaskView.model_validate(row) for row in rows[:limit]], next=more)


@router.get("/{task_id}", summary="One task with why, what was promised and tried, and whom to call")
async def get_task(task_id: UUID, who: Staff, session: Session, rules: RulesDep, settings: SettingsDep, now: Now) -> TaskCard:
    task = await task_for(session, task_id, agent_id=who.agent_id)
    known = await story(session, task.escalation_id)
    titles = await titles_of(session, rules, known)
    personal = who.agent_id in (None, task.agent_id)
    if who.agent_id is None:
        return card(task, known, titles, personal=personal)
    hide = hider_for_agents(known.customer, settings) if settings.hide_numbers else None
    veil = await veil_of_case(session, known, settings.hide_fields, now=now)
    return card(task, known, titles, personal=personal, hide=hide, veil=veil)


@router.post("/{task_id}/accept", summary="Take the offered task")
async def accept(
    task_id: UUID, body: Fenced, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    return _view(await working.accept(session, _hold(task_id, body, me), clock=database.clock, settings=settings))


@router.post("/{task_id}/reject", summary="Give the offered task back, with a reason")
async def reject(
    task_id: UUID, body: Rejection, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    hold = _hold(task_id, body, me)
    return _view(await working.reject(session, hold, reason=body.reason, clock=database.clock, settings=settings))


@router.post("/{task_id}/call", summary="Call: my phone rings first, then the customer's", status_code=202)
async def call(
    task_id: UUID, body: Fenced, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    return _view(await working.call(session, _hold(task_id, body, me), clock=database.clock, settings=settings))


@router.post("/{task_id}/hang-up", summary="End my own leg of the call; the customer's follows it", status_code=202)
async def hang_up(
    task_id: UUID, body: Fenced, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    return _view(await assisting.hang_up(session, _hold(task_id, body, me), clock=database.clock, settings=settings))


@router.post("/{task_id}/help", summary="Ask a supervisor for help with this task")
async def ask_for_help(task_id: UUID, body: Fenced, me: CurrentAgent, session: Session, database: DatabaseDep) -> TaskView:
    return _view(await assisting.ask_for_help(session, _hold(task_id, body, me), clock=database.clock))


@router.post("/{task_id}/more-time", summary="Let me have more time to wrap up, twice at most")
async def ask_for_more_time(task_id: UUID, body: Fenced, me: CurrentAgent, session: Session, database: DatabaseDep) -> TaskView:
    return _view(await wrapping.more_time(session, _hold(task_id, body, me), clock=database.clock))


@router.post("/{task_id}/link", summary="Send the customer the words to finish it themselves, once", status_code=202)
async def send_link(
    task_id: UUID, body: Fenced, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    hold = _hold(task_id, body, me)
    await assisting.send_link(session, hold, clock=database.clock, settings=settings)
    return _view(await task_for(session, task_id, agent_id=me))


@router.post("/{task_id}/never-call", summary="The customer wants no more calls: at once, also in the middle of a call")
async def never_call(
    task_id: UUID, body: NeverCall, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    hold = _hold(task_id, body, me)
    return _view(await assisting.never_call(session, hold, clock=database.clock, settings=settings, notes=body.notes))


@router.post("/{task_id}/complete", summary="Say what came of it; the next task is offered")
async def complete(
    task_id: UUID, body: Completion, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    return _view(
        await working.complete(
            session,
            _hold(task_id, body, me),
            disposition=body.disposition,
            notes=body.notes,
            sub_disposition=body.sub_disposition,
            worth_calling=body.worth_calling,
            clock=database.clock,
            settings=settings,
        )
    )


@router.post("/{task_id}/reschedule", summary="Call at another time, if it is an allowed one")
async def reschedule(
    task_id: UUID, body: Rescheduling, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    hold = _hold(task_id, body, me)
    clock = database.clock
    return _view(await rescheduling.reschedule(session, hold, at=body.at, notes=body.notes, clock=clock, settings=settings))


@router.post("/{task_id}/heartbeat", summary="My desk is alive: renew the lease")
async def heartbeat(
    task_id: UUID, body: Fenced, me: CurrentAgent, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    return _view(await working.heartbeat(session, _hold(task_id, body, me), clock=database.clock, settings=settings))


@router.post("/{task_id}/requeue", summary="Take the task from its agent, to its old place")
async def requeue(
    task_id: UUID, body: Because, by: Supervisor, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    return _view(
        await supervising.requeue_task(
            session, task_id, reason=body.reason, who=by.who, clock=database.clock, settings=settings
        )
    )


@router.post("/{task_id}/withdraw", summary="Take the task off for good and cancel its case")
async def withdraw(
    task_id: UUID, body: Withdrawal, by: Supervisor, session: Session, database: DatabaseDep, settings: SettingsDep
) -> TaskView:
    withdrawn = await supervising.withdraw_task(
        session,
        task_id,
        reason=body.reason,
        silent=body.untold_because,
        who=by.who,
        clock=database.clock,
        settings=settings,
    )
    return _view(withdrawn.task)


def _hold(task_id: UUID, body: Fenced, agent_id: UUID) -> Hold:
    return Hold(task_id=task_id, agent_id=agent_id, fence=body.fence)


def _view(task: TaskRow) -> TaskView:
    return TaskView.model_validate(task)
