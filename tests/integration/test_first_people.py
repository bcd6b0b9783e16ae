"""People of the first start: made once, able to sign in, and never made where somebody is already."""

import json
from pathlib import Path

from sqlmodel import col, select

from orchestrator.detection.rule_files import read_rules
from orchestrator.embedded.first_people import FILE, NEWCOMERS, introduce, introduced
from orchestrator.embedded.folder import DataFolder
from orchestrator.identity.accounts import people, set_password
from orchestrator.identity.people import Role
from orchestrator.identity.signing_in import SignedIn, sign_in
from orchestrator.identity.tables import TokenRow
from orchestrator.queueing.roster import roster
from orchestrator.rule_life.shipped import SHIPPED
from orchestrator.storage.database import Database
from tests.integration.people_floor import PASSWORD, a_person

HERE = "192.0.2.7"


def _queues_of_shipped_rules() -> set[str]:
    return {step.queue for rule in read_rules(SHIPPED) for step in rule.document.steps if step.queue is not None}


async def _opens(database: Database, login: str, password: str) -> bool:
    return isinstance(await sign_in(database, login, password, address=HERE), SignedIn)


async def test_everybody_of_the_file_signs_in_and_nobody_else_reads_it(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    folder = DataFolder(tmp_path)

    await introduce(database_url, folder)

    told = introduced(folder)
    assert {each.role for each in told} == {role.value for role in Role}
    assert [await _opens(database, each.login, each.password) for each in told] == [True] * len(NEWCOMERS)
    assert len({each.password for each in told}) == len(told)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


async def test_the_agents_serve_the_queues_of_the_shipped_rules_in_both_languages(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    await introduce(database_url, DataFolder(tmp_path))

    async with database.transaction() as session:
        agents = await roster(session, now=await database.clock.now(session))
        alive = (await session.exec(select(TokenRow).where(col(TokenRow.expires_at).is_(None)))).all()
    assert len(agents) == 2
    assert all(set(each.queues) == _queues_of_shipped_rules() and set(each.agent.languages) == {"en", "he"} for each in agents)
    assert all(each.agent.phone for each in agents)
    assert alive == []


async def test_a_second_start_changes_nobody(database: Database, database_url: str, tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    await introduce(database_url, folder)
    before = (tmp_path / FILE).read_text()
    async with database.transaction() as session:
        await set_password(session, "noa", PASSWORD, who="test", now=await database.clock.now(session))

    await introduce(database_url, folder)

    assert (tmp_path / FILE).read_text() == before
    assert await _opens(database, "noa", PASSWORD)
    async with database.transaction() as session:
        assert len(await people(session)) == len(NEWCOMERS)


async def test_a_start_killed_before_it_wrote_to_the_database_keeps_its_passwords(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    folder = DataFolder(tmp_path)
    admin = {"login": "admin", "name": "A", "role": "admin", "page": "/console", "password": PASSWORD}
    folder.write(FILE, json.dumps([admin | {"login": each.login} for each in NEWCOMERS]))

    await introduce(database_url, folder)

    assert await _opens(database, "admin", PASSWORD)


async def test_where_somebody_signs_in_already_nobody_is_made(database: Database, database_url: str, tmp_path: Path) -> None:
    async with database.transaction() as session:
        await a_person(session, login="theirs")

    await introduce(database_url, DataFolder(tmp_path))

    async with database.transaction() as session:
        assert [each.login for each in await people(session)] == ["theirs"]
    assert not (tmp_path / FILE).exists()
