"""`ringback doctor` names each part, its version, and what would mend it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from orchestrator.cli.doctor import as_lines, examine
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.reach import Finding


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder on which `ringback up` has generated what it generates."""
    folder = DataFolder(tmp_path / "data")
    folder.make_secrets()
    return folder


def by_part(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.part: finding for finding in findings}


async def doctor(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "orchestrator.cli.main", "doctor", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return await process.wait(), out.decode(), err.decode()


async def test_running_servers_are_told_with_their_versions(
    folder: DataFolder, database_url: str, temporal_address: str
) -> None:
    folder.announce({"database_url": database_url, "temporal_address": temporal_address})

    findings = by_part(await examine(folder.root))

    assert findings["database"].well
    assert findings["database"].found.startswith("PostgreSQL 18.")
    assert findings["temporal"].well
    assert findings["temporal"].found.startswith("Temporal 1.")
    assert findings["account"].found.startswith("the embedded PostgreSQL runs as ")


async def test_a_server_that_does_not_answer_is_told_with_its_fix_and_without_its_password(folder: DataFolder) -> None:
    folder.announce({"database_url": "postgresql://ringback:hunter2@127.0.0.1:1/ringback", "temporal_address": "127.0.0.1:1"})

    findings = by_part(await examine(folder.root))

    assert [findings[part].well for part in ("database", "temporal")] == [False, False]
    assert "RINGBACK_DATABASE_URL" in (findings["database"].fix or "")
    assert "RINGBACK_TEMPORAL_ADDRESS" in (findings["temporal"].fix or "")
    assert "hunter2" not in as_lines(list(findings.values()))


async def test_a_missing_namespace_is_told_apart_from_a_missing_server(
    folder: DataFolder, temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.announce({"temporal_address": temporal_address})
    monkeypatch.setenv("RINGBACK_TEMPORAL_NAMESPACE", "elsewhere")

    findings = by_part(await examine(folder.root))

    assert findings["temporal"].found == f"{temporal_address} has no namespace elsewhere"


async def test_where_nothing_runs_it_ends_with_2_and_says_what_to_run(tmp_path: Path) -> None:
    code, out, err = await doctor("--data", str(tmp_path / "data"))

    assert (code, err) == (2, "")
    assert "FAIL  settings" in out
    assert "run `ringback up`" in out


async def test_it_tells_other_programs_the_same_as_json(folder: DataFolder) -> None:
    code, out, _ = await doctor("--data", str(folder.root), "--json")

    found = {document["part"]: document["well"] for document in json.loads(out)}
    assert code == 2
    assert found["ringback"] is True
    assert found["database"] is False


async def test_a_folder_that_cannot_be_used_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    code, out, _ = await doctor("--data", str(tmp_path / "file" / "data"))

    assert code == 2
    assert "cannot be used: Not a directory" in out
