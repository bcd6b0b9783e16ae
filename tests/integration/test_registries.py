"""National lists: imported whole in place of the one before, or not at all, by the command."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.exc import ProgrammingError
from typer.testing import CliRunner

from orchestrator.cli.main import app as ringback
from orchestrator.errors import BadInput
from orchestrator.permissions.marketing import holds
from orchestrator.permissions.registries import registries_now
from orchestrator.permissions.tables import RegistryRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_token, bearer
from tests.integration.test_every_change_is_audited import a_place

TODAY = datetime.now(UTC).date()
YESTERDAY = (TODAY - timedelta(days=1)).isoformat()


class Registrar:
    """Who runs `ringback registry` in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def run(self, *arguments: str) -> str:
        result = await asyncio.to_thread(CliRunner().invoke, ringback, ["registry", *arguments])
        if result.exception is not None:
            raise result.exception
        return result.output

    async def bring(self, text: str, *, as_of: str = YESTERDAY, country: str = "IL", name: str = "israel") -> str:
        file = self._folder / "numbers.txt"
        file.write_text(text)
        return await self.run("import", name, str(file), "--as-of", as_of, "--country", country)


@pytest.fixture
def registrar(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registrar:
    a_place(tmp_path, database_url, monkeypatch)
    return Registrar(tmp_path)


async def known(database: Database) -> tuple[RegistryRow, list[bool]]:
    """Return the one registry, and whether it holds 0521111111 and 0522222222."""
    async with database.transaction() as session:
        (standing,) = await registries_now(session, now=await database.clock.now(session))
        row = standing.row
        return row, [await holds(session, row.edition, number) for number in (972521111111, 972522222222)]


async def test_a_newer_list_takes_the_place_of_the_one_before(registrar: Registrar, database: Database) -> None:
    told = await registrar.bring("0521111111\nEND 1\n")
    first, held_first = await known(database)
    await registrar.bring("0522222222\n0523333333\nEND 2\n", as_of=TODAY.isoformat())
    second, held_second = await known(database)
    await registrar.bring("0522222222\nEND 1\n", as_of=TODAY.isoformat())

    assert told == f"israel: 1 numbers of {YESTERDAY}\n"
    assert (held_first, held_second) == ([True, False], [False, True])
    assert (second.entries, second.previous) == (2, first.edition)
    async with database.transaction() as session:
        with pytest.raises(ProgrammingError, match="does not exist"):  # nobody reads the list before the last one any more
            await holds(session, first.edition, 1)


@pytest.mark.parametrize(
    ("text", "as_of", "field"),
    [
        ("0522222222\n0523333333\n05244", TODAY.isoformat(), "FILE"),
        ("0522222222\nEND 2\n", TODAY.isoformat(), "FILE"),
        ("0522222222\nnobody\nEND 1\n", TODAY.isoformat(), "FILE"),
        ("0522222222\nEND 1\n", (TODAY + timedelta(days=2)).isoformat(), "--as-of"),
        ("0522222222\nEND 1\n", "2020-01-01", "--as-of"),  # older than the list in force
        ("0522222222\nEND 1\n", "yesterday", "--as-of"),
    ],
)
async def test_a_list_that_does_not_fit_changes_nothing(
    registrar: Registrar, database: Database, text: str, as_of: str, field: str
) -> None:
    await registrar.bring("0521111111\nEND 1\n")
    before, _ = await known(database)

    with pytest.raises(BadInput) as refused:
        await registrar.bring(text, as_of=as_of)

    assert (refused.value.field, bool(refused.value.fix)) == (field, True)
    after, held = await known(database)
    assert (after.edition, after.as_of, held) == (before.edition, before.as_of, [True, False])


@pytest.mark.parametrize(
    ("name", "country", "field"), [("Israel!", "IL", "NAME"), ("other", "XX", "--country"), ("israel", "US", "--country")]
)
async def test_a_registry_has_a_name_and_one_country(registrar: Registrar, name: str, country: str, field: str) -> None:
    await registrar.bring("0521111111\nEND 1\n")

    with pytest.raises(BadInput) as refused:
        await registrar.bring("0521111111\nEND 1\n", name=name, country=country)

    assert refused.value.field == field


async def test_registries_are_listed_with_the_age_that_the_law_asks(
    registrar: Registrar, database: Database, client: httpx.AsyncClient
) -> None:
    await registrar.bring("0521111111\nEND 1\n", as_of=(TODAY - timedelta(days=20)).isoformat())
    await registrar.bring("4155550100\nEND 1\n", name="america", country="US", as_of=(TODAY - timedelta(days=20)).isoformat())
    async with database.transaction() as session:
        headers = bearer(await a_token(session))

    told = await registrar.run("list")
    shown = (await client.get("/v1/registries", headers=headers)).json()

    assert [line.split("\t")[5] for line in told.splitlines()] == ["current", "too old"]
    assert [(each["name"], each["stale"], each["max_age_days"]) for each in shown] == [
        ("america", False, 31),
        ("israel", True, 15),
    ]
