"""`ringback channel`, `rules` and `events`: what they print, and one clear line with exit code 2 for bad input."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.intake_world import CART, COMPLAINT, ago, an_event

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    """The environment of a `ringback` that works on this test's database."""
    settings = {
        "RINGBACK_DATABASE_URL": database_url,
        "RINGBACK_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "RINGBACK_TWILIO_AUTH_TOKEN": "token",
        "RINGBACK_PAYLOAD_KEYS": "k:" + "A" * 43 + "=",
    }
    return {**os.environ, **settings, "PYTHONPATH": str(Path.cwd())}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run `ringback` on this test's database, in an empty folder."""

    def ringback(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "orchestrator.cli.main", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)

    return ringback


def test_a_channels_key_is_the_only_line_and_shown_once(run: Run) -> None:
    added = run("channel", "add", "shop", "--kind", "web", "--types", "checkout.*", "--types", "complaint.filed")
    listed = run("channel", "list")
    revoked = run("channel", "revoke", "shop")

    assert (added.returncode, added.stdout.count("\n")) == (0, 1)
    assert len(added.stdout.strip()) >= 40
    assert listed.stdout == "shop\tweb\tcheckout.*,complaint.filed\tactive\n"
    assert revoked.returncode == 0
    assert run("channel", "list").stdout.endswith("\trevoked\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("channel", "add", "shop", "--kind", "pigeon"),
        ("channel", "add", "two words", "--kind", "web"),
        ("channel", "revoke", "nobody"),
        ("rules", "publish", "nowhere"),
        ("rules", "pause", "nothing"),
        ("events", "import", "missing.jsonl"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_publishing_names_what_will_begin_to_dial(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text(CART)
    (folder / "b.yml").write_text(COMPLAINT)

    first = run("rules", "publish", folder)
    (folder / "b.yml").write_text(COMPLAINT.replace("expires: 24h", "expires: 12h"))
    second = run("rules", "publish", folder)

    assert first.stdout.splitlines() == [
        "complaint v1: WILL BEGIN TO DIAL (callback to service)",
        "incomplete-checkout v1: WILL BEGIN TO DIAL (callback to sales)",
    ]
    assert second.stdout.splitlines() == ["complaint v2: new version", "incomplete-checkout v1: unchanged"]


def test_a_rule_that_does_not_compile_is_refused_with_its_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(CART.replace("event.data.cart_id", "evnt.data.cart_id"))

    done = run("rules", "publish", tmp_path)

    assert done.returncode == 2
    assert "a.yaml:11:" in done.stderr
    assert "evnt" in done.stderr


def test_a_rules_life_on_the_command_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(COMPLAINT)
    run("rules", "publish", tmp_path)

    words = [run("rules", verb, "complaint").stdout for verb in ("pause", "resume", "retire")]

    assert words == ["complaint: paused\n", "complaint: published\n", "complaint: retired, 0 open watches dropped\n"]
    assert run("rules", "list").stdout.startswith("complaint\tretired\tv1\tsince ")


def test_a_file_is_imported_as_history_or_live(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(COMPLAINT)
    run("rules", "publish", tmp_path)
    file = tmp_path / "events.jsonl"
    events = [an_event("complaint.filed", id=f"e{number}", at=ago(seconds=9)) for number in range(3)]
    file.write_text("\n".join([json.dumps(events[0]), "", "{", json.dumps(events[1]), json.dumps(events[0])]) + "\n")
    live = tmp_path / "live.jsonl"
    live.write_text(json.dumps(events[2]) + "\n")

    history, now = run("events", "import", file), run("events", "import", live, "--live")

    assert history.stdout == "4 read: 2 accepted, 1 duplicate, 1 refused (malformed 1; first at line 3)\n"
    assert now.stdout == "1 read: 1 accepted, 0 duplicate, 0 refused\n"


def test_a_rule_with_an_error_is_not_published_and_neither_are_the_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(COMPLAINT)
    (tmp_path / "b.yaml").write_text(CART.replace("expires: 24h", "expires: 24h\ngrace: 2d"))

    done = run("rules", "publish", tmp_path)

    assert done.returncode == 2
    assert "wait_beyond_expiry" in done.stderr
    assert run("rules", "list").stdout == ""


def test_versions_are_compared_printed_and_gone_back_to(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(COMPLAINT)
    run("rules", "publish", tmp_path)
    file.write_text(COMPLAINT.replace("expires: 24h", "expires: 12h"))
    run("rules", "publish", tmp_path)

    difference = run("rules", "diff", "complaint", "--from", "1").stdout
    back = run("rules", "rollback", "complaint", "1").stdout

    assert "-expires: 24h\n+expires: 12h\n" in difference
    assert back == "complaint: version 1 in force\n"
    assert run("rules", "export", "complaint").stdout == COMPLAINT
    assert run("rules", "rollback", "complaint", "7").returncode == 2
