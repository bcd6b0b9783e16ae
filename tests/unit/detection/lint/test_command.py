"""`ringback rules lint`: what other tools read from it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RULE = """rule: late
moment: late
detect: {occurrence: {on: [{type: customer.moved, where: event.data.rooms * 2 > 6}]}}
steps: [{callback: {queue: night, due: 2d}}]
expires: 1d
"""
NIGHT = 'calendar: nights\nzone: UTC\nweekly: {mon: ["21:00-23:00"]}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "late.yaml").write_text(RULE)
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "nights.yaml").write_text(NIGHT)
    (tmp_path / "queues.yaml").write_text("night: {calendar: nights, agents: 3}\n")
    return tmp_path


def lint(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestrator.cli.main", "rules", "lint", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_findings_as_json_with_place_code_and_fix(folder: Path) -> None:
    told = lint(folder / "rules", "--calendars", folder / "calendars", "--queues", folder / "queues.yaml", "--json")

    findings = json.loads(told.stdout)
    file = str(folder / "rules" / "late.yaml")
    assert [(each["file"], each["line"], each["column"], each["code"]) for each in findings] == [
        (file, 3, 58, "mixed_arithmetic"),
        (file, 4, 28, "no_window"),
        (file, 4, 40, "wait_beyond_expiry"),
    ]
    assert {tuple(each) for each in findings} == {("file", "line", "column", "rule", "code", "severity", "message", "fix")}
    assert (told.returncode, told.stderr) == (1, "")


def test_checks_without_their_files_are_named(folder: Path) -> None:
    told = lint(folder / "rules")

    assert "not checked: no_window" in told.stderr
    assert "not checked: unknown_queue" in told.stderr
    assert "late.yaml:3:58: warning: mixed_arithmetic: " in told.stdout


def test_the_shipped_rules_have_no_errors() -> None:
    shipped = Path(__file__).parents[4] / "orchestrator" / "detection" / "shipped"

    told = lint(shipped, "--json")

    assert told.returncode == 0
    assert {each["code"] for each in json.loads(told.stdout)} == {"marketing_renewal", "missing_consent"}


@pytest.mark.parametrize(
    ("queues", "words"),
    [
        ("night: {calendar: days}\n", "keeps the calendar days, which is not there"),
        ("night: {calendar: nights, agent: 3}\n", "Did you mean agents?"),
        ("night: [\n", "This is not YAML"),
    ],
)
def test_a_queues_file_that_does_not_fit_is_bad_input(folder: Path, queues: str, words: str) -> None:
    (folder / "queues.yaml").write_text(queues)

    told = lint(folder / "rules", "--calendars", folder / "calendars", "--queues", folder / "queues.yaml")

    assert told.returncode == 2
    assert words in told.stderr
