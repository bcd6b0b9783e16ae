"""Agents at work through the API: taking, calling, completing, losing and giving back tasks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlmodel import col, select, update

from orchestrator.availability.tables import CalendarRow, ClosureRow
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.queueing.offers import lease_lost, offer
from orchestrator.queueing.tables import AgentRow, OfferEnding, OfferRow, Presence, QueueRow, TaskKind, TaskRow, TaskState
from orchestrator.queueing.tasks import lock_task, withdraw
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow
from tests.integration.floor import a_queue, a_task, a_token, an_agent, bearer, reread, some_settings

MINUTE = timedelta(minutes=1)


class Desk:
    """An agent's desk: the requests it makes."""

    def __init__(self, client: httpx.AsyncClient, agent: AgentRow, token: str) -> None:
        self.agent, self._client, self._headers = agent, client, bearer(token)

    async def get(self, path: str) -> httpx.Response:
        return await self._client.get(path, headers=self._headers)

    async def put(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self._client.put(path, headers=self._headers, json=body)

    async def next(self) -> dict[str, Any]:
        answer = await self._client.post("/v1/agents/me/next", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def do(self, what: str, task: TaskRow, *, fence: int = 1, **more: Any) -> httpx.Response:
        body = {"fence": fence, **more}
        return await self._client.post(f"/v1/tasks/{task.id}/{what}", headers=self._headers, json=body)


SETTINGS = some_settings("postgresql://x/y")


async def a_desk(client: httpx.AsyncClient, database: Database, **agent: Any) -> Desk:
    async with database.transaction() as session:
        if await session.get(QueueRow, "sales") is None:
            await a_queue(session)
        known = await an_agent(session, **agent)
        return Desk(client, known, await a_token(session, agent=known))


async def some_task(database: Database, **fields: Any) -> TaskRow:
    async with database.transaction() as session:
        return await a_task(session, **fields)


async def escalation_of(database: Database, task: TaskRow) -> EscalationRow:
    async with database.transaction() as session:
        return (await session.exec(select(EscalationRow).where(EscalationRow.id == task.escalation_id))).one()


async def hints(database: Database) -> int:
    async with database.transaction() as session:
        return len((await session.exec(select(OutboxRow.seq))).all())


async def in_state(database: Database, task: TaskRow, state: TaskState, escalation: State) -> None:
    """As the calls of the telephony leave it."""
    async with database.transaction() as session:
        await session.exec(update(TaskRow).where(col(TaskRow.id) == task.id).values(state=state))
        await session.exec(update(EscalationRow).where(col(EscalationRow.id) == task.escalation_id).values(state=escalation))


async def test_from_next_to_done(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)

    offered = (await desk.next())["task"]
    accepted = await desk.do("accept", task)
    assigned = await escalation_of(database, task)
    called = await desk.do("call", task)
    told = await hints(database)
    await in_state(database, task, TaskState.WRAPPING, State.WRAPPING)
    completed = await desk.do("complete", task, disposition="solved", notes="Paid by card.")

    closed = await escalation_of(database, task)
    assert (offered["id"], offered["state"], offered["fence"]) == (str(task.id), "reserved", 1)
    assert (accepted.json()["state"], assigned.state) == ("assigned", State.ASSIGNED)
    assert (called.status_code, told) == (202, 2)  # the offer and the wish to call are told to the process
    assert (completed.json()["state"], completed.json()["disposition"]) == ("done", "solved")
    assert (closed.state, closed.outcome) == (State.CLOSED, Outcome.SOLVED)


async def test_everything_done_twice_changes_nothing_more(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.next()

    accepts = [await desk.do("accept", task) for _ in range(2)]
    calls = [await desk.do("call", task) for _ in range(2)]
    await in_state(database, task, TaskState.WRAPPING, State.WRAPPING)
    completes = [await desk.do("complete", task, disposition="declined") for _ in range(2)]

    assert [answer.status_code for answer in accepts + calls + completes] == [200, 200, 202, 202, 200, 200]
    assert calls[0].json()["call_requested_at"] == calls[1].json()["call_requested_at"]
    assert await hints(database) == 3  # offered, called, closed


async def test_a_late_agent_cannot_touch_a_task_given_to_another(client: httpx.AsyncClient, database: Database) -> None:
    late, other = await a_desk(client, database), await a_desk(client, database, presence=Presence.OFFLINE)
    task = await some_task(database, waiting=5 * MINUTE)
    await late.next()
    await late.do("accept", task)
    async with database.transaction() as session:
        later = datetime.now(UTC) + timedelta(hours=1)
        await lease_lost(session, await lock_task(session, task.id), now=later, settings=SETTINGS)
        await session.exec(update(EscalationRow).values(state=State.QUEUED))
    await late.put("/v1/agents/me/presence", {"presence": "offline"})
    await other.put("/v1/agents/me/presence", {"presence": "available"})

    answers = [
        await late.do("heartbeat", task),
        await late.do("complete", task, disposition="solved"),
        await late.do("call", task),
        await late.do("complete", task, fence=2, disposition="solved"),
    ]

    after = await reread(database, task.id)
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "stale_fence")] * 4
    assert (after.agent_id, after.fence, after.state) == (other.agent.id, 2, TaskState.RESERVED)
    assert after.queued_at == task.queued_at
    assert (await other.do("accept", task, fence=2)).status_code == 200


async def test_the_lease_is_renewed_by_the_heartbeat_and_an_offer_is_not(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    offered = (await desk.next())["task"]

    on_offer = (await desk.do("heartbeat", task)).json()
    accepted = (await desk.do("accept", task)).json()
    renewed = (await desk.do("heartbeat", task)).json()

    assert on_offer["lease_until"] == offered["lease_until"]
    assert offered["lease_until"] < accepted["lease_until"] < renewed["lease_until"]


async def test_an_offer_that_ran_out_cannot_be_accepted(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.next()
    async with database.transaction() as session:
        await session.exec(update(TaskRow).values(lease_until=datetime.now(UTC) - MINUTE))

    answer = await desk.do("accept", task)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_fence")


async def test_a_withdrawn_task_says_why_it_is_gone(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.next()
    async with database.transaction() as session:
        await withdraw(session, task, reason="resolved_by_customer", now=datetime.now(UTC))

    answer = await desk.do("accept", task)

    assert (answer.status_code, answer.json()["code"]) == (409, "task_gone")
    assert "resolved_by_customer" in answer.json()["detail"]
    assert (await desk.get(f"/v1/tasks/{task.id}")).json()["end_reason"] == "resolved_by_customer"


async def test_a_rejected_task_goes_to_somebody_else_with_the_reason_kept(
    client: httpx.AsyncClient, database: Database
) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.next()
    other = await a_desk(client, database)

    rejected = await desk.do("reject", task, reason="I know them privately")
    again = await desk.next()

    async with database.transaction() as session:
        offers = (await session.exec(select(OfferRow).order_by(col(OfferRow.fence)))).all()
    assert rejected.status_code == 200
    assert [(each.agent_id, each.ending, each.reason) for each in offers] == [
        (desk.agent.id, OfferEnding.REJECTED, "I know them privately"),
        (other.agent.id, None, None),
    ]
    assert again == {"task": None, "reason": "none_waiting", "sentence": again["sentence"]}


async def test_a_rejected_task_is_not_offered_to_the_same_agent_at_once(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.next()

    await desk.do("reject", task, reason="no headset")

    assert (await desk.next())["reason"] == "declined_by_you"


async def test_an_unknown_disposition_changes_nothing(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.next()
    await desk.do("accept", task)

    answer = await desk.do("complete", task, disposition="fine")

    assert (answer.status_code, answer.json()["field"]) == (422, "disposition")
    assert "solved" in answer.json()["fix"]
    assert (await reread(database, task.id)).state is TaskState.ASSIGNED


async def test_a_task_cannot_be_completed_while_its_call_is_under_way(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.next()
    await desk.do("accept", task)
    await in_state(database, task, TaskState.CONNECTED, State.CONNECTED)

    answer = await desk.do("complete", task, disposition="solved")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


async def test_completing_offers_the_next_task(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    first = await some_task(database, waiting=MINUTE)
    second = await some_task(database)
    await desk.next()
    await desk.do("accept", first)

    await desk.do("complete", first, disposition="not_solved")

    assert (await reread(database, second.id)).agent_id == desk.agent.id
    assert (await desk.next())["task"]["id"] == str(second.id)


async def test_a_call_held_for_an_agent_needs_no_answer_and_cannot_be_rejected(
    client: httpx.AsyncClient, database: Database
) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database, kind=TaskKind.CALL)
    await desk.next()

    answers = [await desk.do("accept", task), await desk.do("reject", task, reason="no")]

    assert [answer.json()["code"] for answer in answers] == ["wrong_state", "wrong_state"]


async def test_the_card_tells_its_holder_why_and_whom_to_call(client: httpx.AsyncClient, database: Database) -> None:
    desk, colleague = await a_desk(client, database), await a_desk(client, database, presence=Presence.PAUSED)
    task = await some_task(database, due_in=30 * MINUTE)
    await desk.next()

    card = (await desk.get(f"/v1/tasks/{task.id}")).json()
    seen_by_colleague = (await colleague.get(f"/v1/tasks/{task.id}")).json()

    moment = card["moments"][0]
    assert moment["title"] == {"en": "Checkout left unfinished", "he": "הקנייה לא הושלמה"}
    assert [(each["type"], each["data"]) for each in moment["evidence"]] == [("checkout.abandoned", {"total": 480})]
    assert (card["customer"]["phone"], card["customer"]["name"]) == ("+14155550123", "Noa Levi")
    assert card["escalation_state"] == "reserved"
    assert "solved" in card["dispositions"]
    assert seen_by_colleague["customer"] is None
    assert seen_by_colleague["moments"][0]["evidence"][0]["data"] is None
    assert "Noa" not in str(seen_by_colleague)


async def test_an_agent_sees_tasks_of_their_own_queues_only(client: httpx.AsyncClient, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "service")
    desk = await a_desk(client, database)
    own, foreign = await some_task(database), await some_task(database, queue="service")

    listed = (await desk.get("/v1/tasks")).json()["items"]

    assert [each["id"] for each in listed] == [str(own.id)]
    assert (await desk.get(f"/v1/tasks/{foreign.id}")).status_code == 404


async def test_lists_come_in_pages_that_neither_repeat_nor_miss(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    tasks = [await some_task(database, waiting=number * MINUTE) for number in range(5)]

    seen: list[str] = []
    path = "/v1/tasks?limit=2&state=queued&queue=sales"
    page = (await desk.get(path)).json()
    while True:
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        page = (await desk.get(f"{path}&cursor={page['next']}")).json()

    assert seen == [str(task.id) for task in reversed(tasks)]
    assert (await desk.get("/v1/tasks?cursor=nonsense")).json()["field"] == "cursor"


async def test_becoming_available_brings_work_and_pausing_gives_an_offer_back(
    client: httpx.AsyncClient, database: Database
) -> None:
    desk = await a_desk(client, database, presence=Presence.OFFLINE)
    task = await some_task(database)

    available = (await desk.put("/v1/agents/me/presence", {"presence": "available"})).json()
    paused = (await desk.put("/v1/agents/me/presence", {"presence": "paused", "pause_code": "lunch"})).json()

    assert available["task"]["id"] == str(task.id)
    assert (paused["presence"], paused["pause_code"], paused["task"]) == ("paused", "lunch", None)
    assert (await reread(database, task.id)).state is TaskState.QUEUED
    assert (await desk.next())["reason"] == "not_available"


async def test_nothing_but_the_agent_changes_their_presence(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    await desk.put("/v1/agents/me/presence", {"presence": "available"})
    async with database.transaction() as session:
        await lease_lost(session, await lock_task(session, task.id), now=datetime.now(UTC) + MINUTE, settings=SETTINGS)

    me = (await desk.get("/v1/agents/me")).json()

    assert (me["presence"], me["here"], me["task"]) == ("available", True, None)


async def test_a_pause_code_without_a_pause_is_refused(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)

    answer = await desk.put("/v1/agents/me/presence", {"presence": "available", "pause_code": "lunch"})

    assert (answer.status_code, answer.json()["field"]) == (422, "pause_code")


async def test_an_agent_who_asks_is_heard_of(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database, silent=5 * MINUTE)
    before = (await desk.get("/v1/agents/me")).json()["here"]

    after = (await desk.get("/v1/agents/me")).json()["here"]

    assert (before, after) == (False, True)


OPEN_LATER = """
calendar: later
zone: UTC
weekly: {{}}
days: {{{day}: ["10:00-24:00"]}}
"""


async def test_a_time_the_customer_asked_for_is_promised_and_kept_for_the_agent(
    client: httpx.AsyncClient, database: Database
) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database, waiting=5 * MINUTE)
    await desk.next()
    await desk.do("accept", task)
    noon = (datetime.now(UTC) + timedelta(days=2)).replace(hour=18, minute=0, second=0, microsecond=0)
    async with database.transaction() as session:  # an expiry beyond that time
        await session.exec(update_moments(noon + timedelta(days=1)))

    answer = await desk.do("reschedule", task, at=noon.isoformat())

    after = await reread(database, task.id)
    async with database.transaction() as session:
        promise = (await session.exec(select(PromiseRow))).one()
    assert answer.status_code == 200, answer.text
    assert (after.state, after.not_before, after.preferred_agent) == (TaskState.QUEUED, noon, desk.agent.id)
    assert after.queued_at == task.queued_at
    assert (promise.state, promise.medium, promise.due_at >= noon) == (PromiseState.OPEN, "voice", True)
    assert (await escalation_of(database, task)).state is State.QUEUED
    assert (await desk.next())["reason"] == "none_yet"


async def test_a_time_that_is_not_allowed_is_refused_with_the_next_that_is(
    client: httpx.AsyncClient, database: Database
) -> None:
    desk = await a_desk(client, database)
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    async with database.transaction() as session:
        session.add(CalendarRow(name="later", document=OPEN_LATER.format(day=day), changed_at=datetime.now(UTC)))
        await session.flush()
    task = await some_task(database)
    await desk.next()
    await desk.do("accept", task)
    async with database.transaction() as session:
        await session.exec(update(QueueRow).values(calendar="later"))
        await session.exec(update_moments(datetime.now(UTC) + timedelta(days=5)))

    refused = await desk.do("reschedule", task, at=f"{day}T08:00:00Z")
    past = await desk.do("reschedule", task, at="2020-01-01T00:00:00Z")

    assert (refused.status_code, refused.json()["code"], refused.json()["field"]) == (422, "not_allowed_then", "at")
    assert f"{day}T1" in refused.json()["fix"]
    assert (past.status_code, past.json()["field"]) == (422, "at")


async def test_while_the_queue_is_closed_until_told_otherwise_no_next_time_is_named(
    client: httpx.AsyncClient, database: Database
) -> None:
    desk = await a_desk(client, database)
    day = (datetime.now(UTC) + timedelta(days=2)).date()
    async with database.transaction() as session:
        session.add(CalendarRow(name="later", document=OPEN_LATER.format(day=day), changed_at=datetime.now(UTC)))
        await session.flush()
        session.add(ClosureRow(calendar="later", starts_at=datetime.now(UTC), reason="fire", author="dana"))
    task = await some_task(database)
    await desk.next()
    await desk.do("accept", task)
    async with database.transaction() as session:
        await session.exec(update(QueueRow).values(calendar="later"))
        await session.exec(update_moments(datetime.now(UTC) + timedelta(days=5)))

    refused = await desk.do("reschedule", task, at=f"{day}T14:00:00Z")

    assert (refused.status_code, refused.json()["code"]) == (422, "not_allowed_then")
    assert refused.json()["fix"] == "the queue is closed until told otherwise: ask again once it is open"
    assert (await reread(database, task.id)).state is TaskState.ASSIGNED


def update_moments(expires_at: datetime) -> Any:
    return update(MomentRow).values(expires_at=expires_at)


async def test_an_offer_is_made_to_whoever_is_there_without_asking(client: httpx.AsyncClient, database: Database) -> None:
    desk = await a_desk(client, database)
    task = await some_task(database)
    async with database.transaction() as session:
        await offer(session, "sales", now=await database.clock.now(session), settings=some_settings("postgresql://x/y"))

    assert (await desk.get("/v1/agents/me")).json()["task"]["id"] == str(task.id)
