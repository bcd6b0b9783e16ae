"""`ringback up`: one command, everything running; whatever is killed comes back, and nothing is left behind."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
import pytest_asyncio

from orchestrator.embedded.first_people import introduced
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.probing import until

UP = (sys.executable, "-m", "orchestrator.cli.main", "up")
PARTS = {"api", "carrier", "postgres", "temporal", "worker"}


async def start(*arguments: str | Path) -> Process:
    return await asyncio.create_subprocess_exec(*UP, *map(str, arguments), stdout=PIPE, stderr=PIPE)


async def refusal(*arguments: str | Path) -> tuple[int, str]:
    """Run `ringback up` where it must refuse; return its exit code and what it said."""
    process = await start(*arguments)
    _, said = await process.communicate()
    return await process.wait(), said.decode()


async def true(condition: Callable[[], bool]) -> None:
    async def ask() -> bool:
        return condition()

    assert await until(ask, None, within=timedelta(seconds=120))


async def up(data: Path) -> tuple[Process, dict[str, str]]:
    """Start everything and return the process and the addresses it wrote."""
    process = await start("--data", data)
    urls = data / "urls.json"
    await true(lambda: process.returncode is not None or urls.exists())
    assert process.returncode is None, (await process.communicate())[1].decode()
    return process, json.loads(urls.read_text())


def children(parent: int) -> dict[str, int]:
    """Return the parts that run under `ringback up`, by name."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
            above = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # ended while we looked
            continue
        if above == parent:
            found[next(iter(PARTS & {Path(word).name for word in words}), words[0])] = int(process.name)
    return found


def is_gone(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[tuple[Process, Path]]:
    """Everything up on a fresh folder, and ended after the test."""
    process, _ = await up(tmp_path / "data")
    yield process, tmp_path / "data"
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_everything_comes_up_comes_back_and_ends(running: tuple[Process, Path]) -> None:
    process, data = running
    urls = json.loads((data / "urls.json").read_text())
    before = children(process.pid)

    assert before.keys() == PARTS
    assert urls.keys() == {"api", "carrier", "temporal_ui", "database"}
    assert (data / "urls.json").stat().st_mode & 0o777 == 0o600
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{urls['api']}/readyz")).json()["status"] == "ok"
        assert (await client.get(urls["temporal_ui"], follow_redirects=True)).status_code == 200
    await (await psycopg.AsyncConnection.connect(urls["database"])).close()

    for killed in ("worker", "postgres"):
        os.kill(before[killed], signal.SIGKILL)
    await true(lambda: all(is_gone(before[killed]) for killed in ("worker", "postgres")))
    await true(lambda: children(process.pid).keys() == PARTS)
    after = children(process.pid)
    assert {part for part in PARTS if after[part] != before[part]} == {"worker", "postgres"}

    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
    assert all(is_gone(pid) for pid in after.values())
    assert not (data / "urls.json").exists()


async def test_the_people_of_the_first_start_are_told_and_sign_in_to_their_pages(running: tuple[Process, Path]) -> None:
    process, data = running
    api = json.loads((data / "urls.json").read_text())["api"]
    people = introduced(DataFolder(data))

    opened = {}
    for each in people:
        async with httpx.AsyncClient(base_url=api, trust_env=False, follow_redirects=True) as client:
            typed = {"login": each.login, "password": each.password, "next": each.page}
            answer = await client.post("/sign-in", data=typed)
            opened[each.login] = (answer.status_code, answer.url.path)
    process.send_signal(signal.SIGTERM)
    printed = (await process.communicate())[0].decode()

    assert opened == {each.login: (200, each.page) for each in people}
    assert {"/desk", "/console"} == {path for _, path in opened.values()}
    assert [each.login for each in people if f"{each.login} " not in printed or each.password not in printed] == []


async def test_killed_itself_it_takes_all_with_it_and_starts_again_where_it_was(running: tuple[Process, Path]) -> None:
    process, data = running
    before = json.loads((data / "urls.json").read_text())
    parts = children(process.pid)
    async with await psycopg.AsyncConnection.connect(before["database"]) as connection:
        await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    process.kill()
    await process.wait()
    await true(lambda: all(is_gone(pid) for pid in parts.values()))
    (data / "urls.json").unlink()
    again, after = await up(data)
    async with await psycopg.AsyncConnection.connect(after["database"]) as connection:
        kept = await (await connection.execute("SELECT answer FROM kept")).fetchone()
    again.send_signal(signal.SIGINT)
    await again.communicate()

    assert after == before
    assert kept == (42,)
    assert again.returncode == 0


async def test_a_port_in_use_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code, said = await refusal("--data", tmp_path / "data", "--api-port", str(port))

    assert code == 2
    assert said == f"ringback: --api-port: port {port} is in use (name a free port, or none at all)\n"


async def test_a_folder_that_cannot_be_used_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    code, said = await refusal("--data", tmp_path / "file" / "data")

    assert code == 2
    assert said.count("\n") == 1
    assert "cannot be used: Not a directory" in said


async def test_a_folder_that_is_in_use_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    held = DataFolder(tmp_path / "data")
    held.claim()

    code, said = await refusal("--data", tmp_path / "data")
    held.release()

    assert code == 2
    assert said.count("\n") == 1
    assert "another Ringback runs on the data folder" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RINGBACK_DATABASE_URL", "postgresql://ringback:hunter2@127.0.0.1:1/ringback"),
        ("RINGBACK_TEMPORAL_ADDRESS", "127.0.0.1:1"),
        ("RINGBACK_TEMPORAL_ADDRESS", "nonsense"),
        ("RINGBACK_CARRIER_URL", "nonsense"),
    ],
)
async def test_a_wrong_address_is_one_line_that_names_it_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    code, said = await refusal("--data", tmp_path / "data")

    assert code == 2
    assert said.count("\n") == 1
    assert name in said
    assert "hunter2" not in said
