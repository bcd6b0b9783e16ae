"""A form that loses a deadlock is done again, whole: whoever sent it sees no difference."""

import httpx
import pytest
from sqlmodel import col, select, text

from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow, PersonRow
from orchestrator.storage.database import Database
from tests.integration.people_floor import a_person, signed_in

# The first line of the audit that is written fails as PostgreSQL fails who loses; a sequence counts on in spite of it.
_THE_FIRST_LOSES = (
    "CREATE SEQUENCE losses",
    """CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF nextval('losses') = 1 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '{code}'; END IF;
         RETURN NEW;
       END $$""",
    "CREATE TRIGGER losing BEFORE INSERT ON changes FOR EACH ROW EXECUTE FUNCTION lose()",
)
DEADLOCK, SERIALIZATION = "40P01", "40001"


@pytest.mark.parametrize("code", [DEADLOCK, SERIALIZATION])
async def test_a_form_that_loses_to_another_is_sent_once_and_done_once(
    client: httpx.AsyncClient, database: Database, code: str
) -> None:
    viewer = await signed_in(client, database, role=Role.ADMIN)
    async with database.transaction() as session:
        person = await a_person(session)
        for statement in _THE_FIRST_LOSES:
            await (await session.connection()).execute(text(statement.format(code=code)))
    wanted = {"name": "Dana Cole", "role": "auditor", "locale": "en", "zone": "Etc/UTC", "csrf": viewer.csrf}

    answer = await client.post(f"/console/settings/people/{person.id}", data=wanted)

    assert answer.status_code == 303
    async with database.transaction() as session:
        changed = (await session.exec(select(PersonRow).where(PersonRow.id == person.id))).one()
        lines = (await session.exec(select(ChangeRow).where(col(ChangeRow.what) == "person.changed"))).all()
        tries = (await (await session.connection()).execute(text("SELECT last_value FROM losses"))).scalar_one()
    assert (changed.name, changed.role, len(lines), tries) == ("Dana Cole", Role.AUDITOR, 1, 2)
