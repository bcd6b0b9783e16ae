"""`ringback backtest`: what other tools read from it."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from resource import RLIMIT_FSIZE, setrlimit
from typing import Any

import pytest

RULE = """
rule: left
moment: left
purpose: {purpose}
detect: {{absence: {{start: [{{type: start}}], until: [{{type: end}}], within: 20m, key: event.data.k}}}}
worth: {{value: event.data.total, chance: 0.5, call_cost: 10}}
steps: [{{callback: {{queue: sales}}}}]
expires: 1h
"""
CALENDAR = """
calendar: shop
zone: UTC
weekly: {mon: ["08:00-10:30"], tue: [], wed: [], thu: [], fri: [], sat: [], sun: []}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "left.yaml").write_text(RULE.format(purpose="service"))
    return folder


def event(identity: str, event_type: str, time: str, **data: Any) -> str:
    fields = {"specversion": "1.0", "id": identity, "source": "web", "type": event_type, "subject": "dana"}
    return json.dumps(fields | {"time": f"2026-03-02T{time}Z", "data": data})


def write(folder: Path, lines: Iterable[str]) -> Path:
    path = folder / "events.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def ringback(*arguments: object, files_up_to: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; with `files_up_to`, no file it writes may take more bytes."""
    command = [sys.executable, "-B", "-m", "orchestrator.cli.main", "backtest", *map(str, arguments)]
    limit = None if files_up_to is None else partial(setrlimit, RLIMIT_FSIZE, (files_up_to, files_up_to))
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=limit)


def test_the_summary_and_the_moments(rules: Path, tmp_path: Path) -> None:
    lines = [
        event("2", "start", "09:30:00", k="b", total=5),
        event("1", "start", "09:00:00.0009", k="a", total=50),
        "",
        event("1", "start", "09:10:00", k="a", total=50),
        "{",
        event("3", "start", "09:40:00", total=1),
        event("4", "start", "10:00:00", k="c", total=50),
        event("5", "end", "23:00:00", k="c"),
    ]
    events, moments = write(tmp_path, lines), tmp_path / "moments.jsonl"

    done = ringback(
        "--rules", rules, "--events", events, "--until", "2026-03-02T12:10:00+02:00", "--json", "--moments", moments
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["events"] == {"read": 7, "accepted": 5, "duplicate": 1, "refused": {"malformed": 1}}
    assert told["rules"] == {
        "left": {"moments": 2, "verdicts": {"escalate": 1, "suppressed:worth": 1}, "open_watches": 1, "errors": 1}
    }
    assert told["until"] == "2026-03-02T10:10:00.000Z"
    assert told["seconds"] >= 0
    assert [json.loads(line) for line in moments.read_text().splitlines()] == [
        {
            "rule": "left",
            "customer": "dana",
            "key": "a",
            "at": "2026-03-02T09:20:00.000Z",
            "evidence": ["web 1"],
            "verdict": "escalate",
        },
        {
            "rule": "left",
            "customer": "dana",
            "key": "b",
            "at": "2026-03-02T09:50:00.000Z",
            "evidence": ["web 2"],
            "verdict": "suppressed:worth",
        },
    ]


def test_a_file_without_an_accepted_event_reaches_no_time(rules: Path, tmp_path: Path) -> None:
    done = ringback("--rules", rules, "--events", write(tmp_path, ["{}", ""]), "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["until"] is None
    assert told["events"] == {"read": 1, "accepted": 0, "duplicate": 0, "refused": {"specversion": 1}}
    assert told["rules"]["left"] == {"moments": 0, "verdicts": {}, "open_watches": 0, "errors": 0}


def test_staff_and_report_stand_beside_the_moments(rules: Path, tmp_path: Path) -> None:
    (rules / "also.yaml").write_text(RULE.format(purpose="requested_callback").replace("rule: left", "rule: also"))
    (tmp_path / "shop.yaml").write_text(CALENDAR)
    (tmp_path / "staff.yaml").write_text("sales: {calendar: shop, agents: 4}")
    events = write(tmp_path, [event("1", "start", "09:00:00", k=1, total=50), event("2", "start", "10:10:00", k=2, total=50)])
    report = tmp_path / "report.json"

    done = ringback(
        "--rules", rules, "--events", events, "--until", "2026-03-02T12:00:00Z", "--json", "--staff", tmp_path / "staff.yaml",
        "--report", report,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rules"]["left"]["per_hour"] == {
        "2026-03-02T09:00:00Z": {"moments": 1, "capacity": 4.0},
        "2026-03-02T10:00:00Z": {"moments": 1, "capacity": 2.0},
    }
    written = json.loads(report.read_text())
    assert written["overlap"] == [{"rules": ["also", "left"], "customers": 1}]
    assert written["worth"]["left"] == {"expected_value": 50.0, "cost": 0.0, "calls": 0}
    assert written["worth"]["also"] == {"expected_value": 50.0, "cost": 20.0, "calls": 2}
    assert written["samples"]["left"][0]["evidence"] == ["web 1"]


def test_a_table_for_people(rules: Path, tmp_path: Path) -> None:
    done = ringback("--rules", rules, "--events", write(tmp_path, [event("1", "start", "09:00:00", k=1, total=50), "{"]))

    assert done.returncode == 0
    assert "2 events: 1 accepted, 0 copies, 1 refused" in done.stdout
    assert "left: 0 moments (none), 1 watches open" in done.stdout


def test_a_bad_line_among_thousands_is_named_with_its_field_and_fix_and_the_rest_is_read(rules: Path, tmp_path: Path) -> None:
    lines = [event(str(number), "start", "09:00:00", k=number, total=50) for number in range(4000)]
    lines[2000] = lines[2000].replace("2026-03-02T09:00:00Z", "yesterday")
    events = write(tmp_path, lines)

    told = json.loads(ringback("--rules", rules, "--events", events, "--json").stdout)
    table = ringback("--rules", rules, "--events", events).stdout

    assert told["events"] == {"read": 4000, "accepted": 3999, "duplicate": 0, "refused": {"bad_time": 1}}
    assert told["rules"]["left"]["open_watches"] == 3999
    assert told["refused_samples"]["bad_time"] == {
        "line": 2001,
        "field": "time",
        "fix": 'Write it like "2026-01-31T09:30:00Z".',
    }
    assert 'refused bad_time: 1, first in line 2001 (time): Write it like "2026-01-31T09:30:00Z".' in table


def test_a_full_disk_is_one_line_that_names_the_folder_and_the_setting(rules: Path, tmp_path: Path) -> None:
    events = write(tmp_path, [event(str(number), "start", "09:00:00", k=number) for number in range(4000)])

    done = ringback("--rules", rules, "--events", events, files_up_to=10_000)

    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ringback: cannot write to {tempfile.gettempdir()}: ")
    assert "TMPDIR" in line


def test_bad_input_is_one_line_and_exit_2(rules: Path, tmp_path: Path) -> None:
    events = write(tmp_path, [])
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "r.yaml").write_text("rule: r\nmoments: x\n")

    for arguments in (
        ["--rules", tmp_path / "nowhere", "--events", events],
        ["--rules", tmp_path / "bad", "--events", events],
        ["--rules", rules, "--events", tmp_path / "nowhere"],
        ["--rules", rules, "--events", events, "--until", "tomorrow"],
        ["--rules", rules, "--events", events, "--staff", tmp_path / "nowhere"],
        ["--rules", rules, "--events", events, "--moments", tmp_path / "no" / "where"],
    ):
        done = ringback(*arguments)

        assert done.returncode == 2, arguments
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr


def test_moments_count_from_a_time_on_and_what_came_before_is_applied(rules: Path, tmp_path: Path) -> None:
    (rules / "left.yaml").write_text(f"{RULE.format(purpose='service')}cooldown: 1d\n")
    lines = [
        event("1", "start", "08:00:00", k="a", total=50),
        event("2", "start", "09:00:00", k="b", total=50),
        event("3", "start", "10:00:00", k="c", total=5),
    ]
    moments, report = tmp_path / "moments.jsonl", tmp_path / "report.json"
    period = ("--from", "2026-03-02T09:20:00Z", "--until", "2026-03-02T11:00:00Z")

    files = ("--moments", moments, "--report", report)
    done = ringback("--rules", rules, "--events", write(tmp_path, lines), *period, *files, "--json")

    told = json.loads(done.stdout)["rules"]["left"]
    assert (told["moments"], told["verdicts"]) == (2, {"suppressed:cooldown": 1, "suppressed:worth": 1})
    assert len(moments.read_text().splitlines()) == 2
    assert json.loads(report.read_text())["worth"]["left"] == {"expected_value": 0.0, "cost": 0.0, "calls": 0}


def test_a_beginning_that_is_no_time_is_refused_by_its_name(rules: Path, tmp_path: Path) -> None:
    done = ringback("--rules", rules, "--events", write(tmp_path, []), "--from", "yesterday")

    assert done.returncode == 2
    assert "--from" in done.stderr
