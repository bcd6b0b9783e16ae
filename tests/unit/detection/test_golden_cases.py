"""`ringback rules test`: cases that hold, cases that do not, and cases that cannot be read."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RULE = """rule: left
moment: left
detect:
  absence: {start: [{type: checkout.started}], until: [{type: checkout.completed}], within: 20m, key: event.data.cart_id}
steps: [{callback: {queue: sales}}]
expires: 1h
"""
STARTED = '{type: checkout.started, time: "2026-06-07T10:00:00Z", subject: dana, data: {cart_id: 7}}'
HOLDS = f"""cases:
  - name: left
    events: [{STARTED}]
    until: "2026-06-07T10:20:00Z"
    expect: [{{customer: dana, key: 7, at: "2026-06-07T13:20:00+03:00"}}]
"""
SHIPPED = Path(__file__).parents[3] / "orchestrator" / "detection" / "shipped"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "left.yaml").write_text(RULE)
    (tmp_path / "cases").mkdir()
    return tmp_path


def cases(rules: Path, text: str, *more: str, name: str = "left") -> subprocess.CompletedProcess[str]:
    (rules / "cases" / f"{name}.yaml").write_text(text)
    command = [sys.executable, "-m", "orchestrator.cli.main", "rules", "test", str(rules), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def results(told: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(told.stdout)
    return found


def test_a_case_that_holds_passes(rules: Path) -> None:
    told = cases(rules, HOLDS)

    assert told.stdout.splitlines() == ["ok  left: left", "1 cases, 0 failed"]
    assert told.returncode == 0


def test_a_case_that_does_not_hold_says_what_was_found_instead(rules: Path) -> None:
    told = cases(rules, HOLDS.replace("13:20:00", "13:21:00"), "--json")

    (result,) = results(told)
    assert told.returncode == 1
    assert (result["rule"], result["case"], result["line"], result["passed"]) == ("left", "left", 2, False)
    assert result["missing"] == [{"at": "2026-06-07T10:21:00.000Z", "customer": "dana", "key": "7", "verdict": "escalate"}]
    assert result["unexpected"] == [{"at": "2026-06-07T10:20:00.000Z", "customer": "dana", "key": "7", "verdict": "escalate"}]


def test_another_verdict_and_a_moment_too_many_fail(rules: Path) -> None:
    other = cases(rules, HOLDS.replace('+03:00"}', '+03:00", verdict: joined}'), "--json")
    unexpected = cases(rules, HOLDS.replace('[{customer: dana, key: 7, at: "2026-06-07T13:20:00+03:00"}]', "[]"), "--json")

    assert [len(results(other)[0][part]) for part in ("missing", "unexpected")] == [1, 1]
    assert [len(results(unexpected)[0][part]) for part in ("missing", "unexpected")] == [0, 1]


def test_customers_have_their_attributes_before_the_first_event(rules: Path) -> None:
    told = cases(rules, HOLDS.replace("events:", "customers: {dana: {do_not_call: true}}\n    events:"), "--json")

    assert results(told)[0]["unexpected"][0]["verdict"] == "suppressed:consent"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (
            HOLDS.replace("checkout.started", "checkout.strated"),
            "3:21",
            "no event type checkout.strated. Did you mean",
        ),
        (HOLDS.replace("2026-06-07T10:00:00Z", "2026-06-07 10"), "3:45", "time"),
        (HOLDS.replace("type: checkout.started", "type: survey.answered").replace("cart_id: 7", "csat: 9"), "3:", "data.csat"),
        (HOLDS.replace("subject: dana, ", ""), "3:", "subject"),
        (HOLDS.replace("until:", "untill:"), "4:5", "Did you mean until?"),
        (HOLDS.replace('at: "2026-06-07T13:20:00+03:00"', "at: soon"), "5:43", "no time with an offset"),
        (HOLDS.replace('+03:00"}', '+03:00", verdict: called}'), "5:", "escalate"),
        (HOLDS.replace("name: left", "name: ''"), "2:11", "cases[0].name"),
        ("cases: []\n", "1:8", "cases"),
    ],
)
def test_a_case_that_cannot_be_read_is_bad_input_with_line_and_field(rules: Path, text: str, place: str, words: str) -> None:
    told = cases(rules, text)

    assert told.returncode == 2
    assert f"left.yaml:{place}" in told.stderr
    assert words in told.stderr


def test_a_file_of_cases_that_is_for_no_rule_is_bad_input(rules: Path) -> None:
    told = cases(rules, HOLDS, name="lefd")

    assert told.returncode == 2
    assert "Rename it to left.yaml." in told.stderr


def test_a_type_of_their_own_that_the_rule_names_may_stand_in_cases(rules: Path) -> None:
    (rules / "left.yaml").write_text(RULE.replace("checkout.", "basket."))

    assert cases(rules, HOLDS.replace("checkout.", "basket.")).returncode == 0


def test_every_shipped_rule_has_cases_and_they_hold() -> None:
    command = [sys.executable, "-m", "orchestrator.cli.main", "rules", "test", str(SHIPPED), "--json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout
    assert {each["rule"] for each in results(told)} == {path.stem for path in SHIPPED.glob("*.yaml")}
