"""The embedded servers keep what they were given, whatever ends them, and do not get in each other's way."""

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import WorkflowIDReusePolicy

from orchestrator.embedded.account import NOBODY, Account
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.embedded.temporal import EmbeddedTemporal
from orchestrator.errors import BadInput

under_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


@pytest_asyncio.fixture
async def postgres(folder: DataFolder) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder)
    yield server
    await server.kill()


@pytest_asyncio.fixture
async def temporal(folder: DataFolder) -> AsyncIterator[EmbeddedTemporal]:
    server = EmbeddedTemporal(folder)
    yield server
    await server.kill()


async def ask(url: str, question: str) -> object:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(question)
        return (await cursor.fetchone() or [None])[0] if cursor.description else None


def owner_of(path: Path) -> int:
    return path.stat().st_uid


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def test_a_committed_row_survives_the_kill_of_postgresql(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")

    await postgres.kill()
    assert not postgres.alive
    again = await postgres.start()

    assert again == url
    assert await ask(again, "SELECT answer FROM kept") == 42


async def test_a_lock_file_that_names_a_strangers_process_does_not_stop_the_start(
    postgres: EmbeddedPostgres, folder: DataFolder
) -> None:
    await postgres.start()
    await postgres.kill()
    lock = folder.root / "postgres" / "data" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]))

    url = await postgres.start()

    assert await ask(url, "SELECT 1") == 1


async def test_nobody_gets_into_postgresql_without_the_password(postgres: EmbeddedPostgres, folder: DataFolder) -> None:
    url = await postgres.start()
    host = url.rpartition("@")[2]

    with pytest.raises(psycopg.OperationalError):
        await psycopg.AsyncConnection.connect(f"postgresql://ringback:wrong@{host}")

    assert mode_of(folder.root / "postgres" / "password") == 0o600
    assert await ask(url, "SHOW listen_addresses") == "127.0.0.1"


async def test_text_sorts_by_code_point(postgres: EmbeddedPostgres) -> None:
    url = await postgres.start()

    assert await ask(url, "SELECT string_agg(t, '' ORDER BY t) FROM unnest(ARRAY['b', 'é', 'a', 'B', 'א']) AS t") == "Babéא"


@under_root
async def test_root_refused_a_namespace_runs_postgresql_as_nobody_in_a_folder_of_its_own(folder: DataFolder) -> None:
    postgres = EmbeddedPostgres(folder, account=Account.NOBODY)
    url = await postgres.start()
    assert postgres.child is not None
    owner = owner_of(Path(f"/proc/{postgres.child.pid}"))
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    await postgres.kill()

    # The folder remembers how its cluster was made, so the second start need not be told.
    postgres = EmbeddedPostgres(folder)
    again = await postgres.start()
    answer = await ask(again, "SELECT answer FROM kept")
    await postgres.stop()

    place = Path(folder.read("postgres/where") or "")
    assert (owner, answer, again) == (NOBODY, 42, url)
    assert place.parent == Path("/var/tmp")
    assert mode_of(place) == 0o700
    assert not (folder.root / "postgres" / "data").exists()
    shutil.rmtree(place)


async def test_workflows_and_their_signals_survive_the_kill_of_temporal(temporal: EmbeddedTemporal) -> None:
    before = await temporal.start()
    client = await Client.connect(before.address)
    handle = await client.start_workflow("sleeper", id="kept", task_queue="nobody-works-here")
    await handle.signal("hint", "x")

    await temporal.kill()
    assert not temporal.alive
    after = await temporal.start()

    assert after == before
    history = await client.get_workflow_handle("kept").fetch_history()
    assert EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED in [event.event_type for event in history.events]
    assert (await client.get_workflow_handle("kept").describe()).status is WorkflowExecutionStatus.RUNNING


async def test_two_instances_run_side_by_side_and_know_nothing_of_each_other(
    tmp_path: Path, folder: DataFolder, postgres: EmbeddedPostgres, temporal: EmbeddedTemporal
) -> None:
    beside = DataFolder(tmp_path / "beside")
    other_postgres, other_temporal = EmbeddedPostgres(beside), EmbeddedTemporal(beside)
    mine, others = await asyncio.gather(postgres.start(), other_postgres.start())
    await ask(mine, "CREATE TABLE mine ()")
    my_temporal, other = await asyncio.gather(temporal.start(), other_temporal.start())
    client = await Client.connect(my_temporal.address)
    await client.start_workflow("sleeper", id="same", task_queue="q", id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE)

    elsewhere = await (await Client.connect(other.address)).count_workflows()
    absent = await ask(others, "SELECT to_regclass('mine')")
    await other_postgres.kill()
    await other_temporal.kill()

    assert elsewhere.count == 0
    assert absent is None


async def test_a_port_taken_while_we_were_down_is_replaced_by_another(folder: DataFolder) -> None:
    first = EmbeddedPostgres(folder)
    url = await first.start()
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    await first.stop()
    port = folder.port("postgres")

    with socket.create_server(("127.0.0.1", port)):
        second = EmbeddedPostgres(folder)
        moved = await second.start()
        answer = await ask(moved, "SELECT answer FROM kept")
        await second.stop()

    assert moved != url
    assert answer == 42


async def test_only_one_process_holds_a_data_folder(folder: DataFolder) -> None:
    folder.claim()

    with pytest.raises(BadInput, match="another Ringback runs on the data folder"):
        DataFolder(folder.root).claim()

    folder.release()
    DataFolder(folder.root).claim()


def test_a_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BadInput, match="cannot be used: Not a directory"):
        DataFolder(tmp_path / "file" / "data")


ORPHAN = """
import asyncio, sys
from pathlib import Path
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.embedded.temporal import EmbeddedTemporal

async def main():
    folder = DataFolder(Path(sys.argv[1]))
    folder.claim()
    print(await EmbeddedPostgres(folder).start(), (await EmbeddedTemporal(folder).start()).address, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_servers_end_with_the_process_that_started_them(
    folder: DataFolder, postgres: EmbeddedPostgres, temporal: EmbeddedTemporal
) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ORPHAN, str(folder.root), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    url, address = (await parent.stdout.readline()).decode().split()
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    parent.kill()
    await parent.wait()

    folder.claim()  # nothing of the killed holds it
    again = await postgres.start()

    # The same ports were free again, so nothing of the killed process listens there any more.
    assert (again, (await temporal.start()).address) == (url, address)
    assert await ask(again, "SELECT answer FROM kept") == 42
