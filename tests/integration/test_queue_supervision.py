"""Supervisors through the API: cases and tasks, queues, hours and switches, in force at once."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import select

from api.app import create_app
from orchestrator.availability.tables import SwitchRow
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.tables import Scope
from orchestrator.queueing.tables import TaskRow, TaskState
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow
from tests.integration.floor import a_client, a_queue, a_task, a_token, an_agent, an_escalation, bearer, reread, some_settings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = {"calendar": "hours", "zone": "Asia/Jerusalem", "weekly": {day: ["00:00-24:00"] for day in DAYS}}
NEVER = "calendar: hours\nzone: UTC\n"
ANY = {"If-Match": "*", "If-None-Match": "*"}  # whatever there is


class Console:
    """A supervisor's requests."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client, self._headers = client, bearer(token)

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self._client.request(method, path, headers={**self._headers, **more.pop("headers", {})}, **more)


@pytest.fixture
async def console(database_url: str, database: Database) -> AsyncIterator[Console]:
    app = create_app(some_settings(database_url))
    async with database.transaction() as session:
        token = await a_token(session, scope=Scope.SUPERVISOR)
    async with app.router.lifespan_context(app), a_client(app) as client:
        yield Console(client, token)


async def hinted(database: Database) -> set[str]:
    async with database.transaction() as session:
        return set((await session.exec(select(OutboxRow.workflow_id))).all())


async def test_a_supervisor_takes_a_task_from_its_agent_to_its_old_place(console: Console, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        task = await a_task(session, waiting=timedelta(minutes=5))
        token = bearer(await a_token(session, agent=agent))
    await console.ask("POST", "/v1/agents/me/next", headers=token)
    await console.ask("POST", f"/v1/tasks/{task.id}/accept", headers=token, json={"fence": 1})

    answer = await console.ask("POST", f"/v1/tasks/{task.id}/requeue", json={"reason": "sent home"})

    after = await reread(database, task.id)
    assert answer.status_code == 200
    assert (after.queued_at, after.rank) == (task.queued_at, task.rank)
    assert (after.state, after.fence) in {(TaskState.QUEUED, 1), (TaskState.RESERVED, 2)}  # offered again at once
    late = await console.ask("POST", f"/v1/tasks/{task.id}/heartbeat", headers=token, json={"fence": 1})
    assert late.json()["code"] == "stale_fence"


async def test_withdrawing_a_task_cancels_its_case(console: Console, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)

    answer = await console.ask("POST", f"/v1/tasks/{task.id}/withdraw", json={"reason": "duplicate of a complaint"})
    case = (await console.ask("GET", f"/v1/escalations/{task.escalation_id}")).json()

    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert (case["state"], case["outcome"], case["canceled_reason"]) == ("closed", "canceled", "duplicate of a complaint")


async def test_a_canceled_case_takes_its_task_off_the_desk_and_tells_its_process(console: Console, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)

    answers = [
        await console.ask("POST", f"/v1/escalations/{task.escalation_id}/cancellation", json={"reason": "wrong person"})
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert (await reread(database, task.id)).state is TaskState.WITHDRAWN
    assert await hinted(database) == {f"escalation-{task.escalation_id}"}


async def test_a_case_that_does_not_exist_is_not_found(console: Console) -> None:
    answers = [
        await console.ask("GET", f"/v1/escalations/{uuid4()}"),
        await console.ask("POST", f"/v1/escalations/{uuid4()}/cancellation", json={"reason": "r"}),
        await console.ask("POST", f"/v1/tasks/{uuid4()}/withdraw", json={"reason": "r"}),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (404, "no_such_escalation"),
        (404, "no_such_escalation"),
        (404, "no_such_task"),
    ]


async def test_the_story_of_a_case_is_told_whole(console: Console, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        task = await a_task(session)
        token = bearer(await a_token(session, agent=agent))
    await console.ask("POST", "/v1/agents/me/next", headers=token)

    case = (await console.ask("GET", f"/v1/escalations/{task.escalation_id}")).json()

    assert case["state"] == "reserved"
    assert [each["title"]["en"] for each in case["moments"]] == ["Checkout left unfinished"]
    assert [(each["agent_id"], each["ending"]) for each in case["offers"]] == [(str(agent.id), None)]
    assert [each["id"] for each in case["tasks"]] == [str(task.id)]


async def test_a_queue_is_arranged_and_shows_how_it_stands(console: Console, database: Database) -> None:
    made = await console.ask("PUT", "/v1/queues/sales", json={"skills": ["cards"], "pace_per_minute": 10})
    async with database.transaction() as session:
        await an_agent(session, skills=["other"])
        task = await a_task(session, waiting=timedelta(minutes=3))

    shown = (await console.ask("GET", "/v1/queues/sales")).json()

    assert made.status_code == 200
    assert task.skills == ["cards"]
    assert (shown["waiting"], shown["agents_on_duty"], shown["agents_free"]) == (1, 1, 1)
    assert datetime.fromisoformat(shown["longest_waiting_since"]) == task.queued_at
    assert (shown["is_open"], shown["pace_per_minute"], shown["skills"]) == (True, 10, ["cards"])
    assert [each["name"] for each in (await console.ask("GET", "/v1/queues")).json()] == ["sales"]


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("sales", {"calendar": "none"}, "calendar"),
        ("sales", {"pace_per_minute": 0}, "pace_per_minute"),
        ("sales", {"caller_id": "0541234567"}, "caller_id"),
        ("sales", {"service_percent": 100}, "service_percent"),
        ("sales", {"service_within": "2d"}, "service_within"),
        ("no spaces", {}, "queue"),
        ("sales", {"color": "red"}, "color"),
    ],
)
async def test_a_queue_that_cannot_be_is_refused_by_its_field(
    console: Console, name: str, body: dict[str, Any], field: str
) -> None:
    answer = await console.ask("PUT", f"/v1/queues/{name}", json=body)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["fix"]


async def test_a_calendar_is_saved_from_json_and_from_yaml(console: Console) -> None:
    first = await console.ask("PUT", "/v1/calendars/hours", json=ALWAYS, headers=ANY)
    same = await console.ask("PUT", "/v1/calendars/hours", json=ALWAYS, headers=ANY)
    second = await console.ask("PUT", "/v1/calendars/hours", content=NEVER, headers={"Content-Type": "application/yaml"} | ANY)

    assert [each.json()["version"] for each in (first, same, second)] == [1, 1, 2]
    assert (await console.ask("GET", "/v1/calendars/hours")).json()["document"] == NEVER


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({**ALWAYS, "zone": "Asia/Jerusalm"}, "zone"),
        ({**ALWAYS, "weekly": {"mon": ["18:00-18:00"]}}, "weekly.mon[0]"),
        ({**ALWAYS, "weekly": {"someday": []}}, "weekly.someday"),
        ({**ALWAYS, "calendar": "other"}, "calendar"),
    ],
)
async def test_a_calendar_that_does_not_fit_is_refused_by_its_field(
    console: Console, document: dict[str, Any], field: str
) -> None:
    answer = await console.ask("PUT", "/v1/calendars/hours", json=document, headers=ANY)

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert answer.json()["fix"]


async def test_new_hours_wake_what_waits_on_them_and_nothing_else(console: Console, database: Database) -> None:
    await console.ask("PUT", "/v1/calendars/hours", json=json.loads(json.dumps(ALWAYS)), headers=ANY)
    await console.ask("PUT", "/v1/queues/sales", json={"calendar": "hours"})
    await console.ask("PUT", "/v1/queues/service", json={})
    async with database.transaction() as session:
        waiting = await an_escalation(session, state=State.WAITING)
        await an_escalation(session, queue="service", state=State.WAITING)
        await an_escalation(session, state=State.CLOSED)

    await console.ask("POST", "/v1/calendars/hours/closures", json={"reason": "fire alarm"})

    assert await hinted(database) == {f"escalation-{waiting.id}"}


async def test_an_emergency_close_holds_until_it_is_ended(console: Console) -> None:
    await console.ask("PUT", "/v1/calendars/hours", json=ALWAYS, headers=ANY)
    await console.ask("PUT", "/v1/queues/sales", json={"calendar": "hours"})

    closed = await console.ask("POST", "/v1/calendars/hours/closures", json={"reason": "fire alarm"})
    while_closed = (await console.ask("GET", "/v1/queues/sales")).json()["is_open"]
    path = f"/v1/calendars/hours/closures/{closed.json()['id']}"
    ended = [(await console.ask("DELETE", path)).status_code for _ in range(2)]
    after = (await console.ask("GET", "/v1/queues/sales")).json()["is_open"]

    assert (closed.status_code, while_closed, ended, after) == (201, False, [204, 204], True)
    assert (await console.ask("GET", "/v1/calendars/hours")).json()["closures"] == []


async def test_a_close_that_ends_before_it_begins_is_refused(console: Console) -> None:
    await console.ask("PUT", "/v1/calendars/hours", json=ALWAYS, headers=ANY)
    body = {"reason": "r", "starts_at": "2030-01-02T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}

    answers = [
        await console.ask("POST", "/v1/calendars/hours/closures", json=body),
        await console.ask("POST", "/v1/calendars/hours/closures", json={"reason": "r", "ends_at": "2030-01-01T00:00:00"}),
    ]

    assert [(each.status_code, each.json()["field"]) for each in answers] == [(422, "ends_at"), (422, "ends_at")]


async def test_a_switch_stops_offers_and_its_end_brings_them(console: Console, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session)
        task = await a_task(session)
        token = bearer(await a_token(session, agent=agent))

    thrown = await console.ask("POST", "/v1/switches", json={"scope": "queue", "target": "sales", "reason": "wrong prices"})
    stopped = await console.ask("POST", "/v1/agents/me/next", headers=token)
    listed = (await console.ask("GET", "/v1/switches")).json()
    lifted = [await console.ask("DELETE", f"/v1/switches/{thrown.json()['id']}") for _ in range(2)]

    assert stopped.json()["reason"] == "switched_off"
    assert [(each["target"], each["reason"]) for each in listed] == [("sales", "wrong prices")]
    assert lifted[0].json()["lifted_at"] == lifted[1].json()["lifted_at"]
    assert (await reread(database, task.id)).agent_id == agent.id  # offered as soon as it was lifted


async def test_who_threw_a_switch_is_recorded(console: Console, database: Database) -> None:
    thrown = await console.ask("POST", "/v1/switches", json={"reason": "test"})

    async with database.transaction() as session:
        author = (await session.exec(select(SwitchRow.author))).one()
    assert thrown.json()["author"] == author
    assert author.startswith("somebody-")


async def test_metrics_tell_how_queues_stand(console: Console, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)

    figures = (await console.ask("GET", "/metrics")).text

    assert 'ringback_tasks{queue="sales",state="queued"} 1.0' in figures
    assert "ringback_database_up 1.0" in figures
    assert str(task.id) not in figures


async def test_requeueing_needs_that_no_call_is_under_way(console: Console, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)
        case = (await session.exec(select(EscalationRow).where(EscalationRow.id == task.escalation_id))).one()
        row = (await session.exec(select(TaskRow).where(TaskRow.id == task.id))).one()
        row.state, case.state = TaskState.CONNECTED, State.CONNECTED
        session.add_all([row, case])

    answer = await console.ask("POST", f"/v1/tasks/{task.id}/requeue", json={"reason": "r"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
