import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.main import app
from orchestrator.errors import BadInput
from tests.unit.availability.factories import ISRAEL

EVERY_DAY = (
    "weekly: {" + ", ".join(f'{day}: ["09:00-20:00"]' for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat")) + "}"
)


WHEN = ("when", "--calendar", "CALENDAR", "--at", "2026-06-07T10:00:00Z")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "calendar.yaml").write_text(ISRAEL, encoding="utf-8")
    (tmp_path / "hours.yaml").write_text(EVERY_DAY, encoding="utf-8")
    return {"calendar": str(tmp_path / "calendar.yaml"), "hours": str(tmp_path / "hours.yaml")}


def run(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def refused(*arguments: str) -> str | None:
    with pytest.raises(BadInput) as caught:
        CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert caught.value.fix
    return caught.value.field


def test_an_open_calendar_answers_go(files: dict[str, str]) -> None:
    answer = run("when", "--calendar", files["calendar"], "--at", "2026-06-07T10:00:00+03:00")

    assert answer == {"verdict": "go", "until": None, "reasons": []}


def test_a_closed_calendar_answers_until_when(files: dict[str, str]) -> None:
    answer = run("when", "--calendar", files["calendar"], "--at", "2026-06-06T10:00:00.5+03:00")

    assert answer == {"verdict": "wait", "until": "2026-06-07T05:30:00Z", "reasons": ["business_hours"]}


def test_every_zone_the_customer_may_be_in_counts(files: dict[str, str]) -> None:
    asked = ("when", "--calendar", files["calendar"], "--calling-hours", files["hours"], "--at", "2026-06-07T06:00:00Z")

    here = run(*asked, "--customer-zone", "Asia/Jerusalem")
    both = run(*asked, "--customer-zone", "Asia/Jerusalem", "--customer-zone", "Europe/London")
    numbered = run(*asked, "--customer-zone", "Asia/Jerusalem", "--margin")
    nowhere = run(*asked, "--customer-zone", "America/Adak")

    assert here["verdict"] == "go"
    assert both == {"verdict": "wait", "until": "2026-06-07T08:00:00Z", "reasons": ["calling_hours"]}
    assert numbered == {"verdict": "wait", "until": "2026-06-07T07:00:00Z", "reasons": ["calling_hours"]}
    assert nowhere == {"verdict": "refuse", "until": None, "reasons": ["business_hours", "calling_hours"]}


def test_an_expiry_before_the_opening_refuses(files: dict[str, str]) -> None:
    asked = ("when", "--calendar", files["calendar"], "--at", "2026-06-06T10:00:00Z", "--expires")

    assert run(*asked, "2026-06-07T05:30:00Z") == {
        "verdict": "refuse",
        "until": None,
        "reasons": ["business_hours", "expired"],
    }
    assert run(*asked, "2026-06-07T05:30:01Z")["verdict"] == "wait"


def test_a_callback_has_a_due_time(files: dict[str, str]) -> None:
    asked = ("due", "--calendar", files["calendar"], "--within", "3h", "--cutoff", "2h", "--left")

    assert run(*asked, "2026-09-20T12:30:00+03:00") == {"due": "2026-09-22T08:30:00Z"}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["when", "--at", "2026-06-07T10:00:00Z"], "--calendar"),
        (["when", "--calendar", "CALENDAR", "--at", "2026-06-07T10:00:00"], "--at"),
        (["when", "--calendar", "CALENDAR", "--at", "2026-02-29T10:00:00Z"], "--at"),
        (["when", "--calendar", "CALENDAR", "--at", "9999-12-31T10:00:00Z"], "--at"),
        ([*WHEN, "--expires", "soon"], "--expires"),
        (["when", "--calendar", "nowhere.yaml", "--at", "2026-06-07T10:00:00Z"], "--calendar"),
        ([*WHEN, "--customer-zone", "UTC"], "--customer-zone"),
        ([*WHEN, "--margin"], "--margin"),
        ([*WHEN, "--calling-hours", "HOURS"], "--customer-zone"),
        (
            [*WHEN, "--calling-hours", "HOURS", "--customer-zone", "Mars/Olympus"],
            "--customer-zone",
        ),
        (["when", "--calendar", "HOURS", "--at", "2026-06-07T10:00:00Z"], "calendar"),
        (["due", "--calendar", "CALENDAR", "--within", "3", "--cutoff", "2h", "--left", "2026-06-07T10:00:00Z"], "--within"),
        (["due", "--calendar", "CALENDAR", "--within", "3h", "--cutoff", "-2h", "--left", "2026-06-07T10:00:00Z"], "--cutoff"),
        (["due", "--calendar", "CALENDAR", "--within", "3h", "--cutoff", "2h", "--left", "2026-06-07 10:00"], "--left"),
    ],
)
def test_bad_input_is_named(files: dict[str, str], arguments: list[str], field: str) -> None:
    named = {"CALENDAR": files["calendar"], "HOURS": files["hours"]}

    assert refused(*(named.get(argument, argument) for argument in arguments)) == field


def test_a_calendar_is_tried_without_waiting_for_the_libraries_of_servers() -> None:
    look = "import sys, orchestrator.cli.when, orchestrator.cli.due; print({'sqlalchemy', 'temporalio'} & {*sys.modules})"

    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "set()"
