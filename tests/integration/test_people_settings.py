"""People and roles on the console: an admin changes them, and every change has its line."""

import re

import httpx
import pytest
from sqlmodel import col, select

from orchestrator.identity.people import Role
from orchestrator.identity.signing_in import SignedIn, sign_in
from orchestrator.identity.tables import ChangeRow, PersonRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, an_agent
from tests.integration.people_floor import PASSWORD, a_person, signed_in

PEOPLE = "/console/settings/people"
DANA = {"login": "dana@example.com", "name": "Dana", "role": "supervisor", "locale": "he", "zone": "Asia/Jerusalem"}


async def test_who_an_admin_adds_can_sign_in_with_the_password_shown(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)

    answer = await client.post(PEOPLE, data=DANA | {"csrf": admin.csrf})

    password = re.findall(r'class="key" dir="ltr">([\w-]+)<', answer.text)[0]
    assert isinstance(await sign_in(database, DANA["login"], password, address="192.0.2.1"), SignedIn)
    assert password not in (await client.get("/console/settings")).text
    async with database.transaction() as session:
        change = (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id).desc()))).first()
    assert change is not None
    assert (change.who, change.what, change.subject) == (admin.login, "person.added", DANA["login"])


async def test_an_agents_person_is_added_with_their_agent(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, "dana")

    await client.post(PEOPLE, data=DANA | {"role": "agent", "agent": "dana", "csrf": admin.csrf})

    async with database.transaction() as session:
        person = (await session.exec(select(PersonRow).where(PersonRow.login == DANA["login"]))).one()
    assert person.agent_id == agent.id


@pytest.mark.parametrize("wrong", [{"login": "no login"}, {"name": " "}, {"zone": "Mars/Olympus"}, {"role": "agent"}])
async def test_what_does_not_fit_is_said_beside_its_field_and_the_rest_is_kept(
    client: httpx.AsyncClient, database: Database, wrong: dict[str, str]
) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)

    answer = await client.post(PEOPLE, data=DANA | {"csrf": admin.csrf} | wrong)

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 1
    kept = DANA | wrong
    assert f'value="{kept["login"]}"' in answer.text
    assert f'value="{kept["zone"]}"' in answer.text


async def test_who_is_shut_out_is_out_and_may_be_let_back(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        person = await a_person(session, login=DANA["login"], password=PASSWORD)

    async def let_in() -> bool:
        return isinstance(await sign_in(database, DANA["login"], PASSWORD, address="192.0.2.1"), SignedIn)

    asked = await client.post(f"{PEOPLE}/{person.id}/disabling", data={"csrf": admin.csrf})
    still_in = await let_in()
    await client.post(f"{PEOPLE}/{person.id}/disabling", data={"csrf": admin.csrf, "confirmed": "yes"})
    out = await let_in()
    await client.post(f"{PEOPLE}/{person.id}/return", data={"csrf": admin.csrf})

    assert "Shut this person out?" in asked.text
    assert (still_in, out, await let_in()) == (True, False, True)


async def test_nobody_shuts_themselves_out(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)

    answer = await client.post(f"{PEOPLE}/{admin.person_id}/disabling", data={"csrf": admin.csrf})

    assert answer.status_code == 409
    assert (await client.get("/console/settings")).status_code == 200


@pytest.mark.parametrize(("role", "read"), [(Role.SUPERVISOR, 200), (Role.AGENT, 403), (Role.AUDITOR, 403)])
async def test_others_than_admins_change_nobody(client: httpx.AsyncClient, database: Database, role: Role, read: int) -> None:
    viewer = await signed_in(client, database, role=role)

    assert (await client.get("/console/settings")).status_code == read
    assert (await client.post(PEOPLE, data=DANA | {"csrf": viewer.csrf})).status_code == 403
    assert (await client.post(f"{PEOPLE}/{viewer.person_id}/disabling", data={"csrf": viewer.csrf})).status_code == 403


async def test_a_hostile_name_is_shown_as_text(client: httpx.AsyncClient, database: Database) -> None:
    admin = await signed_in(client, database, role=Role.ADMIN)

    answer = await client.post(PEOPLE, data=DANA | {"name": "<script>alert(1)</script>\u202e", "csrf": admin.csrf})

    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text
