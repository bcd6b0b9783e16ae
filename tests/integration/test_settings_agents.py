"""Agents and skills on the console's settings: added, changed, given tokens, let go; and who can do what."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlmodel import col, select

from api.app import create_app
from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow, Scope
from orchestrator.identity.tokens import Unauthenticated, authenticate, issue
from orchestrator.queueing.presence import set_presence
from orchestrator.queueing.roster import queues_of_agent
from orchestrator.queueing.tables import AgentRow, Presence, TaskRow, TaskState
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_client, a_queue, a_task, an_agent, some_settings
from tests.integration.people_floor import signed_in

AGENTS = "/console/settings/agents"
TOKEN = re.compile(r'class="key" dir="ltr">(rbk_[\w-]+)<')
DANA = {"name": "dana", "languages": "he, en", "skills": "billing", "queues": ["sales"], "phone": "+1 415-555-0100"}


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with database.transaction() as session:
        await a_queue(session, "sales", skills=["billing"])
        await a_queue(session, "service")
    async with a_browser(database_url, database) as browser:
        yield browser


async def changes(database: Database) -> list[ChangeRow]:
    """All but the person's own, oldest first."""
    async with database.transaction() as session:
        rows = (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all()
    return [row for row in rows if not row.what.startswith("person.")]


async def agent_of(database: Database, name: str) -> tuple[AgentRow, list[str]]:
    async with database.transaction() as session:
        agent = (await session.exec(select(AgentRow).where(AgentRow.name == name))).one()
        return agent, await queues_of_agent(session, agent.id)


async def is_available(database: Database, agent_id: UUID) -> None:
    async with database.transaction() as session:
        agent = await session.get_one(AgentRow, agent_id)
        await set_presence(session, agent, Presence.AVAILABLE, pause_code=None, now=await database.clock.now(session))


async def an_idle_agent(
    database: Database, name: str = "dana", *, queues: tuple[str, ...] = ("sales",), skills: tuple[str, ...] = ()
) -> UUID:
    async with database.transaction() as session:
        return (await an_agent(session, name, queues=queues, skills=skills)).id


async def test_who_is_added_comes_in_with_the_token_that_is_shown_this_once(supervisor: Browser, database: Database) -> None:
    answer = await supervisor.send(AGENTS, **DANA)

    (token,) = TOKEN.findall(answer.text)
    async with database.transaction() as session:
        who = await authenticate(session, token)
    agent, queues = await agent_of(database, "dana")
    assert who.agent_id == agent.id
    assert (agent.languages, agent.skills, agent.phone, queues) == (["he", "en"], ["billing"], "+14155550100", ["sales"])
    assert token not in (await supervisor.open(AGENTS)).text
    assert [(row.what, row.who) for row in await changes(database)] == [
        ("agent.added", supervisor.viewer.login),
        ("token.issued", supervisor.viewer.login),
    ]
    assert not any(token in str((row.before, row.after)) for row in await changes(database))


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("name", "two words", "f-name-fault"),
        ("name", "taken", "f-name-fault"),
        ("languages", "", "f-languages-fault"),
        ("languages", "hebrew!", "f-languages-fault"),
        ("queues", [], "f-queues-fault"),
        ("queues", ["nowhere"], "f-queues-fault"),
        ("queues", ["\0"], "f-queues-fault"),
        ("skills", "\0", "f-skills-fault"),
        ("phone", "0501234567", "f-phone-fault"),
    ],
)
async def test_a_bad_value_is_told_beside_its_field_and_all_that_was_typed_stays(
    supervisor: Browser, database: Database, field: str, typed: str | list[str], told: str
) -> None:
    await an_idle_agent(database, "taken")

    answer = await supervisor.send(AGENTS, **DANA | {field: typed})

    assert answer.status_code == 422
    assert f'id="{told}"' in answer.text
    assert ('value="billing"' in answer.text) == (field != "skills")
    assert ('value="sales" checked' in answer.text) == (field != "queues")
    assert [row.what for row in await changes(database)] == []


async def test_an_agent_is_changed_and_the_audit_has_both_without_the_phone(supervisor: Browser, database: Database) -> None:
    agent_id = await an_idle_agent(database)

    fields = {"languages": "en, he", "skills": "law", "queues": ["service"], "phone": "sip:dana@example.com"}
    answer = await supervisor.send(f"{AGENTS}/{agent_id}", **fields)

    agent, queues = await agent_of(database, "dana")
    assert answer.status_code == 303
    assert (agent.languages, agent.skills, agent.phone) == (["en", "he"], ["law"], "sip:dana@example.com")
    assert queues == ["service"]
    (change,) = await changes(database)
    assert change.what == "agent.changed"
    assert change.before == {"languages": ["en"], "skills": [], "queues": ["sales"], "has_phone": True}
    assert change.after == {
        "languages": ["en", "he"],
        "skills": ["law"],
        "queues": ["service"],
        "has_phone": True,
        "other_phone": True,
    }


async def test_an_idle_agent_who_is_given_a_queue_is_offered_what_waits_there(supervisor: Browser, database: Database) -> None:
    agent_id = await an_idle_agent(database)
    async with database.transaction() as session:
        task = await a_task(session, queue="service")

    await supervisor.send(f"{AGENTS}/{agent_id}", languages="en", queues=["sales", "service"])

    async with database.transaction() as session:
        offered = await session.get_one(TaskRow, task.id)
    assert (offered.state, offered.agent_id) == (TaskState.RESERVED, agent_id)


async def test_an_agent_gets_another_token_and_the_first_stays(supervisor: Browser, database: Database) -> None:
    first = TOKEN.findall((await supervisor.send(AGENTS, **DANA)).text)[0]
    agent, _ = await agent_of(database, "dana")

    second = TOKEN.findall((await supervisor.send(f"{AGENTS}/{agent.id}/token")).text)[0]

    async with database.transaction() as session:
        assert [(await authenticate(session, token)).agent_id for token in (first, second)] == [agent.id] * 2


async def test_who_leaves_is_asked_about_first_and_then_out(supervisor: Browser, database: Database) -> None:
    token = TOKEN.findall((await supervisor.send(AGENTS, **DANA)).text)[0]
    agent, _ = await agent_of(database, "dana")

    asked = await supervisor.send(f"{AGENTS}/{agent.id}/leaving")
    _, still = await agent_of(database, "dana")
    await is_available(database, agent.id)
    await supervisor.send(f"{AGENTS}/{agent.id}/leaving", confirmed="yes")

    assert "Does this agent leave?" in asked.text
    assert still == ["sales"]
    left, queues = await agent_of(database, "dana")
    assert (left.presence, queues) == (Presence.OFFLINE, [])
    async with database.transaction() as session:
        with pytest.raises(Unauthenticated):
            await authenticate(session, token)
    assert "Has left" in (await supervisor.open(AGENTS)).text
    assert [row.what for row in (await changes(database))[-2:]] == ["agent.revoked", "token.revoked"]


async def test_who_has_a_task_in_hand_stays(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        agent = await an_agent(session, "dana")
        task = await a_task(session, queue="sales")
        task.state, task.agent_id = TaskState.ASSIGNED, agent.id
        session.add(task)

    answer = await supervisor.send(f"{AGENTS}/{agent.id}/leaving", confirmed="yes")

    assert answer.status_code == 409
    assert "has a task in hand and stays" in answer.text
    assert (await agent_of(database, "dana"))[1] == ["sales"]


async def test_a_skill_that_no_agent_of_its_queue_has_is_warned_of(supervisor: Browser, database: Database) -> None:
    await an_idle_agent(database, "amir", queues=("service",), skills=("billing",))
    warned = (await supervisor.open(AGENTS)).text
    await an_idle_agent(database, "dana", skills=("billing",))

    mended = (await supervisor.open(AGENTS)).text

    warning = "No agent of the queue sales has the skill billing"
    assert (warning in warned, warning in mended) == (True, False)


async def test_phones_are_hidden_in_the_list_where_numbers_are(database_url: str, database: Database) -> None:
    app = create_app(some_settings(database_url).changed(hide_numbers=True))
    await an_idle_agent(database, queues=())

    async with app.router.lifespan_context(app), a_client(app) as client:
        await signed_in(client, database, role=Role.SUPERVISOR)
        shown = (await client.get(AGENTS)).text

    assert "•••00" in shown
    assert "555-0100" not in shown


async def test_an_agent_who_is_not_there_is_not_found(supervisor: Browser) -> None:
    nobody = UUID(int=7)

    assert (await supervisor.open(f"{AGENTS}/{nobody}")).status_code == 404
    assert (await supervisor.send(f"{AGENTS}/{nobody}/leaving", confirmed="yes")).status_code == 404


async def test_agents_are_for_supervisors(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        assert (await browser.open(AGENTS)).status_code == 403
        assert (await browser.send(AGENTS, **DANA)).status_code == 403
    assert await changes(database) == []


async def test_an_agent_who_leaves_takes_nobody_elses_token_of_the_same_name_along(
    supervisor: Browser, database: Database
) -> None:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        secret = await issue(session, name="dana", scope=Scope.ADMIN, who="test", now=now)
    agent_id = await an_idle_agent(database)

    await supervisor.send(f"{AGENTS}/{agent_id}/leaving", confirmed="yes")

    assert (await agent_of(database, "dana"))[1] == []
    async with database.transaction() as session:
        assert (await authenticate(session, secret)).scope is Scope.ADMIN
