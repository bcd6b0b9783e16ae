"""With `RINGBACK_HIDE_FIELDS`, no value of a hidden field reaches an agent by page, API or stream; supervisors read all."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.app import create_app
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.words import Language
from orchestrator.identity.people import Role
from orchestrator.insights.why_card import Reader, WhyCard, why_card
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.queueing.tables import AgentRow, TaskRow, TaskState
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import MessageRow, MessageState
from tests.integration.floor import a_client, a_queue, a_task, a_token, an_agent, bearer, some_settings
from tests.integration.people_floor import signed_in
from tests.integration.served import served
from tests.integration.test_numbers_out_of_sight import Ear

FIELDS = ("income", "email", "cart.total", "order_id", "text", "name")
SECRETS = ("73519", "73,519", "private@example.com", "48099", "ord-5521", "disgrace", "Levi")


@pytest.fixture
async def url(database_url: str) -> AsyncIterator[str]:
    async with served(database_url, hide_fields=FIELDS) as api:
        yield api.url


async def a_task_with_secrets_everywhere(database: Database) -> tuple[UUID, UUID]:
    """Return the agent and a task whose customer's secrets stand in fields, texts, notes, messages and the moment itself."""
    async with database.transaction() as session:
        await a_queue(session)
        agent, task = await an_agent(session), await a_task(session)
        customer = (await session.exec(select(CustomerRow))).one()
        customer.attributes = {**customer.attributes, "income": 73519, "email": "private@example.com"}
        event = (await session.exec(select(EventRow))).one()
        event.data = {
            "text": "A disgrace!",
            "cart": {"total": 48099, "lines": 3},
            "order_id": "ord-5521",
            "topic": "of 73,519 a year",
            "salary": 73519,
        }
        moment = (await session.exec(select(MomentRow))).one()
        moment.key, moment.words = "ord-5521", ["disgrace"]
        task.notes = "Wrote from PRIVATE@example.com about ord-5521"
        session.add_all([customer, event, moment, task, a_message(task)])
        return agent.id, task.id


def a_message(task: TaskRow) -> MessageRow:
    return MessageRow(
        token="m",
        customer_id=task.customer_id,
        escalation_id=task.escalation_id,
        rule="incomplete-checkout",
        template="reach_us",
        language="en",
        body="Your order ord-5521 waits for you.",
        to_number="+14155550123",
        from_number="+14155550100",
        state=MessageState.DELIVERED,
        prepared_at=task.queued_at - timedelta(minutes=5),
    )


async def wraps_up(database: Database, task_id: UUID) -> None:
    async with database.transaction() as session:
        task = await session.get_one(TaskRow, task_id)
        task.state = TaskState.WRAPPING
        session.add(task)


async def the_agent(session: AsyncSession, agent_id: UUID) -> AgentRow:
    return await session.get_one(AgentRow, agent_id)


async def test_no_hidden_value_reaches_an_agent_by_page_api_or_stream(url: str, database: Database) -> None:
    agent_id, task_id = await a_task_with_secrets_everywhere(database)
    path = f"/v1/tasks/{task_id}"
    async with database.transaction() as session:
        mine, supervisors = (
            bearer(await a_token(session, agent=await the_agent(session, agent_id))),
            bearer(await a_token(session)),
        )

    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20, headers=mine) as client:
        await signed_in(client, database, role=Role.AGENT, agent_id=agent_id)
        ear = Ear(client)
        async with ear.on("/v1/stream", "/desk/stream"):
            await ear.ask("GET", "/v1/tasks")
            await ear.ask("GET", path)  # before it is theirs
            offered = (await ear.ask("POST", "/v1/agents/me/next", json={})).json()["task"]
            held = {"fence": offered["fence"]}
            for step in ("accept", "help", "heartbeat"):
                await ear.ask("POST", f"{path}/{step}", json=held)
                for shown in (path, "/desk", "/desk/work", "/desk/figures", "/v1/agents/me"):
                    await ear.ask("GET", shown)
            await wraps_up(database, task_id)
            await ear.ask("GET", "/desk")
            before = {each: len(lines) for each, lines in ear.streamed.items()}
            done = await ear.ask("POST", f"{path}/complete", json=held | {"disposition": "solved"})
            for stream, heard in before.items():
                await ear.hears(stream, more_than=heard)
        known = (await client.get(path, headers=supervisors)).text

    assert done.status_code == 200
    said = [*ear.answers, *("\n".join(lines) for lines in ear.streamed.values())]
    assert [(secret, text[:200]) for text in said for secret in SECRETS if secret.lower() in text.lower()] == []
    assert any('"email":"hidden"' in answer for answer in ear.answers)
    assert [secret for secret in ("private@example.com", "48099", "ord-5521", "disgrace", "Levi") if secret not in known] == []


async def test_the_desk_says_that_something_is_hidden_and_opens_without_the_name(database: Database) -> None:
    _, task_id = await a_task_with_secrets_everywhere(database)

    english, hebrew = await the_card(database, task_id, Language.ENGLISH), await the_card(database, task_id, Language.HEBREW)

    known = {fact.label: fact.value for fact in english.known}
    assert (known["Income"], known["E-mail"], known["Order"], known["Topic"]) == (*["hidden"] * 3, "of hidden a year")
    assert english.evidence[0].quote == "hidden"
    assert "in the words “hidden”" in english.why
    assert english.opening.startswith("Hello, this is Dana.")
    assert [each.note for each in english.tried] == ["Your order hidden waits for you."]
    assert english.notes == "Wrote from hidden about hidden"
    assert {fact.label: fact.value for fact in hebrew.known}["דואר אלקטרוני"] == "מוסתר"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (
            "Wrote from hidden about hidden, ring •••19\r\nPaid now.",
            "Wrote from PRIVATE@example.com about ord-5521, ring +14155550119\nPaid now.",
        ),
        ("Paid now, hidden", "Paid now, hidden"),
    ],
)
async def test_what_an_agent_does_not_see_of_an_earlier_note_is_not_lost(
    database: Database, database_url: str, typed: str, kept: str
) -> None:
    agent_id, task_id = await a_task_with_secrets_everywhere(database)
    await the_note_gains_a_number(database, task_id)
    app = create_app(some_settings(database_url).changed(hide_fields=FIELDS, hide_numbers=True))

    async with app.router.lifespan_context(app), a_client(app) as client:
        viewer = await signed_in(client, database, role=Role.AGENT, agent_id=agent_id)
        await client.post("/desk/next", data={"csrf": viewer.csrf})
        await wraps_up(database, task_id)
        shown = (await client.get("/desk")).text
        async with database.transaction() as session:
            fence = (await session.get_one(TaskRow, task_id)).fence
        form = {"csrf": viewer.csrf, "fence": str(fence), "outcome": "solved/explained", "notes": typed}
        done = await client.post(f"/desk/tasks/{task_id}/complete", data=form)

    assert "Wrote from hidden about hidden, ring •••19" in shown
    assert done.status_code == 303
    async with database.transaction() as session:
        assert (await session.get_one(TaskRow, task_id)).notes == kept


async def the_note_gains_a_number(database: Database, task_id: UUID) -> None:
    async with database.transaction() as session:
        task = await session.get_one(TaskRow, task_id)
        task.notes = f"{task.notes}, ring +14155550119"
        session.add(task)


async def test_no_page_of_the_console_and_no_file_is_for_agents(database: Database, database_url: str) -> None:
    agent_id, _ = await a_task_with_secrets_everywhere(database)
    app = create_app(some_settings(database_url).changed(hide_fields=FIELDS))
    async with database.transaction() as session:
        customer = (await session.exec(select(CustomerRow))).one()

    async with app.router.lifespan_context(app), a_client(app) as client:
        viewer = await signed_in(client, database, role=Role.AGENT, agent_id=agent_id)
        tables = ("funnel", "promises", "broken", "attempts", "agents", "days", "not-called")
        pages = ["/console/customers", f"/console/customers/{customer.id}", "/console/audit"]
        refused = [await client.get(each) for each in [*pages, *(f"/console/results/{table}.csv" for table in tables)]]
        searched = await client.post("/console/customers", data={"csrf": viewer.csrf, "words": "Levi"})

    assert {each.status_code for each in [*refused, searched]} == {403}


async def test_a_supervisor_finds_and_reads_everything(database: Database, database_url: str) -> None:
    await a_task_with_secrets_everywhere(database)
    app = create_app(some_settings(database_url).changed(hide_fields=FIELDS))
    async with database.transaction() as session:
        customer = (await session.exec(select(CustomerRow))).one()

    async with app.router.lifespan_context(app), a_client(app) as client:
        await signed_in(client, database, role=Role.SUPERVISOR)
        shown = (await client.get(f"/console/customers/{customer.id}")).text

    assert [secret for secret in ("73519", "private@example.com", "48099", "ord-5521", "disgrace") if secret not in shown] == []


async def the_card(database: Database, task_id: UUID, language: Language) -> WhyCard:
    async with database.transaction() as session:
        task, now = await session.get_one(TaskRow, task_id), await database.clock.now(session)
        return await why_card(session, task, Reader("Dana", language, unseen=FIELDS), rules=RuleLibrary(), now=now)
