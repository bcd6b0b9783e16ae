"""An admin changes one person: it holds at once, it is in the audit, and the last admin stays."""

import asyncio
import re

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from api.pages.console.now import Lens
from api.pages.console.stream import ConsoleWatcher
from api.pages.people import COOKIE
from orchestrator.errors import BadInput
from orchestrator.identity.accounts import disable
from orchestrator.identity.people import Role
from orchestrator.identity.person_changes import Wanted, change_person
from orchestrator.identity.signing_in import SignedIn, sign_in
from orchestrator.identity.tables import ChangeRow, PersonRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, an_agent
from tests.integration.people_floor import PASSWORD, a_person, signed_in

PEOPLE = "/console/settings/people"
MAYA = {"name": "Maya Tal", "role": "supervisor", "agent": "", "locale": "he", "zone": "Asia/Jerusalem"}


async def _last_change(database: Database) -> ChangeRow:
    async with database.transaction() as session:
        return (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id).desc()))).all()[0]


async def test_a_new_role_holds_at_once_in_sessions_that_are_open(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with a_client(app) as theirs:
        person = await signed_in(theirs, database, role=Role.SUPERVISOR)
        before = [(await theirs.get(path)).status_code for path in ("/console", "/console/settings")]
        answer = await client.post(f"{PEOPLE}/{person.person_id}", data=MAYA | {"role": "auditor", "csrf": admin.csrf})
        after = [(await theirs.get(path)).status_code for path in ("/console", "/console/settings")]
        forbidden = await theirs.post("/console/switch", data={"csrf": person.csrf, "scope": "everything", "reason": "r"})

    assert answer.status_code == 303
    assert before == [200, 200]
    assert (after, forbidden.status_code) == ([200, 403], 403)


async def test_every_detail_changes_and_the_audit_tells_before_and_after(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, "maya")
        person = await a_person(session, login="maya@example.com", role=Role.SUPERVISOR)

    wanted = MAYA | {"role": "agent", "agent": "maya", "csrf": admin.csrf}
    answer = await client.post(f"{PEOPLE}/{person.id}", data=wanted)
    shown = await client.get(answer.headers["location"])

    change = await _last_change(database)
    assert (change.who, change.what, change.subject) == (admin.login, "person.changed", "maya@example.com")
    assert change.before == {
        "name": "Somebody", "role": "supervisor", "locale": "en", "zone": "Etc/UTC", "agent_id": None, "disabled": False,
    }  # fmt: skip
    assert change.after == {
        "name": "Maya Tal", "role": "agent", "locale": "he", "zone": "Asia/Jerusalem", "agent_id": str(agent.id),
        "disabled": False,
    }  # fmt: skip
    assert "Saved." in shown.text
    assert re.search(r'<option value="maya" selected>', shown.text)


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"zone": "Mars/Olympus"}, {"locale": "xx"}, {"role": "agent"}, {"agent": "dana"}]
)
async def test_what_does_not_fit_is_said_beside_its_field_and_nothing_changes(
    client: httpx.AsyncClient, database: Database, wrong: dict[str, str]
) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session, "dana")
        person = await a_person(session)

    answer = await client.post(f"{PEOPLE}/{person.id}", data=MAYA | {"csrf": admin.csrf} | wrong)

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 1
    kept = MAYA | wrong
    assert f'value="{kept["name"]}"' in answer.text
    assert f'value="{kept["zone"]}"' in answer.text
    async with database.transaction() as session:
        assert (await session.exec(select(PersonRow.name).where(PersonRow.id == person.id))).one() == "Somebody"


async def test_a_desk_has_one_person(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, "dana")
        await a_person(session, role=Role.AGENT, agent_id=agent.id)
        person = await a_person(session)

    answer = await client.post(f"{PEOPLE}/{person.id}", data=MAYA | {"role": "agent", "agent": "dana", "csrf": admin.csrf})

    assert answer.status_code == 422
    assert 'id="f-agent-fault"' in answer.text


async def test_ending_somebodys_sessions_signs_them_out_and_lets_them_in_again(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        person = await a_person(session, login="maya@example.com", password=PASSWORD)
    async with a_client(app) as theirs:
        typed = {"login": "maya@example.com", "password": PASSWORD}
        await theirs.post("/sign-in", data=typed)
        inside = (await theirs.get("/me")).status_code
        shown = await client.get(f"{PEOPLE}/{person.id}")
        await client.post(f"{PEOPLE}/{person.id}/sessions-end", data={"csrf": admin.csrf})
        outside = await theirs.get("/me")
        again = await theirs.post("/sign-in", data=typed)

    assert (inside, outside.status_code, outside.headers["location"]) == (200, 303, "/sign-in?next=/me")
    assert "Signed in on 1 device" in shown.text
    assert again.headers["location"] == "/"
    change = await _last_change(database)
    assert (change.who, change.what, change.before) == (admin.login, "person.sessions_ended", {"sessions": 1})


async def test_a_new_password_is_asked_about_first_and_shown_once(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        person = await a_person(session, login="maya@example.com", password=PASSWORD)
    path = f"{PEOPLE}/{person.id}/password"

    asked = await client.post(path, data={"csrf": admin.csrf})
    unchanged = await sign_in(database, "maya@example.com", PASSWORD, address="192.0.2.1")
    answer = await client.post(path, data={"csrf": admin.csrf, "confirmed": "yes"})

    password = re.findall(r'class="key" dir="ltr">([\w-]+)<', answer.text)[0]
    assert "Make a new password for this person?" in asked.text
    assert isinstance(unchanged, SignedIn)
    assert isinstance(await sign_in(database, "maya@example.com", password, address="192.0.2.1"), SignedIn)
    assert not isinstance(await sign_in(database, "maya@example.com", PASSWORD, address="192.0.2.1"), SignedIn)


async def test_ones_own_role_is_for_another_admin_to_change(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)

    answer = await client.post(f"{PEOPLE}/{admin.person_id}", data=MAYA | {"csrf": admin.csrf})

    assert answer.status_code == 409
    assert (await client.get(f"{PEOPLE}/{admin.person_id}")).headers["location"] == "/me"


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT, Role.AUDITOR])
async def test_others_than_admins_open_nobodys_page(client: httpx.AsyncClient, database: Database, role: Role) -> None:
    viewer = await signed_in(client, database, role=role)

    for path in ("", "/sessions-end", "/password", "/disabling", "/return", "/factor-removal"):
        answer = await client.post(f"{PEOPLE}/{viewer.person_id}{path}", data=MAYA | {"csrf": viewer.csrf})
        assert answer.status_code == 403
    assert (await client.get(f"{PEOPLE}/{viewer.person_id}")).status_code == 403


async def test_the_last_admin_is_neither_shut_out_nor_demoted(database: Database) -> None:
    async with database.transaction() as session:
        await a_person(session, role=Role.ADMIN, login="gone")
        await a_person(session, role=Role.ADMIN, login="last")
        await disable(session, "gone", who="test", now=await database.clock.now(session))

    for change in (_shut_out, _demote):
        with pytest.raises(BadInput, match="last admin"):
            await change(database, "last")


async def test_two_admins_who_demote_each_other_at_once_leave_one(database: Database) -> None:
    async with database.transaction() as session:
        for login in ("one", "two"):
            await a_person(session, role=Role.ADMIN, login=login)

    ended = await asyncio.gather(_demote(database, "one"), _demote(database, "two"), return_exceptions=True)

    assert sorted(type(each).__name__ for each in ended) == ["BadInput", "NoneType"]


async def _shut_out(database: Database, login: str) -> None:
    async with database.transaction() as session:
        await disable(session, login, who="test", now=await database.clock.now(session))


async def _demote(database: Database, login: str) -> None:
    wanted = Wanted(name="Somebody", role=Role.SUPERVISOR, agent_id=None, locale="en", zone="Etc/UTC")
    async with database.transaction() as session:
        person = (await session.exec(select(PersonRow.id).where(PersonRow.login == login))).one()
        await change_person(session, person, wanted, who="test", now=await database.clock.now(session))


async def test_a_stream_that_is_open_ends_with_the_role_that_may_read_it(
    client: httpx.AsyncClient, app: FastAPI, database: Database
) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with a_client(app) as theirs:
        person = await signed_in(theirs, database, role=Role.SUPERVISOR)
        lens = Lens(database.clock, "en")
        told = ConsoleWatcher(database, theirs.cookies[COOKIE], lens).watch(app.state.newsroom)
        drawn = [await anext(told), await anext(told)]
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session, "maya")

    demoted = MAYA | {"role": "agent", "agent": "maya", "csrf": admin.csrf}
    assert (await client.post(f"{PEOPLE}/{person.person_id}", data=demoted)).status_code == 303
    async with database.transaction() as session:
        await a_task(session)  # something to be drawn

    assert len(drawn) == 2
    assert [event async for event in told] == []
