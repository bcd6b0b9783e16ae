"""A rule's life by the command line alone, on a real database: what each command says, and its exit code."""

import asyncio
import os
import pty
import subprocess
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from orchestrator.escalations.states import Outcome, State
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue
from tests.integration.intake_world import World, ago, an_event
from tests.integration.test_intake_commands import Run, environment, run

__all__ = ["environment", "run"]

RULE = """rule: moved
moment: moved
detect: {occurrence: {on: [{type: customer.moved}]}}
steps: [{callback: {queue: sales, due: 8h}}]
expires: 7d
"""
CASES = """cases:
  - name: somebody moves
    events: [{id: m, source: web, type: customer.moved, subject: dana, time: "2026-03-02T08:00:00Z"}]
    expect: [{customer: dana, key: dana, at: "2026-03-02T08:00:00Z", verdict: escalate}]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    (folder / "cases").mkdir(parents=True)
    (folder / "moved.yaml").write_text(RULE)
    (folder / "cases" / "moved.yaml").write_text(CASES)
    return folder


def told(done: "subprocess.CompletedProcess[str]") -> tuple[int, str]:
    return done.returncode, done.stdout


def test_from_the_first_draft_to_the_end(run: Run, rules: Path) -> None:
    file = rules / "moved.yaml"
    linted, tested, published = run("rules", "lint", rules), run("rules", "test", rules), run("rules", "publish", rules)
    file.write_text(RULE.replace("7d", "9d"))
    again, changed = run("rules", "publish", rules), run("rules", "diff", "moved", "--from", "1")
    same = run("rules", "diff", "moved")
    paused, resumed = run("rules", "pause", "moved"), run("rules", "resume", "moved")
    back, exported = run("rules", "rollback", "moved", "1"), run("rules", "export", "moved")
    newer, retired = run("rules", "export", "moved", "--version", "2"), run("rules", "retire", "moved")

    assert told(linted) == (0, "1 rules, 0 findings\n")
    assert told(tested) == (0, "ok  moved: somebody moves\n1 cases, 0 failed\n")
    assert told(published) == (0, "moved v1: WILL BEGIN TO DIAL (callback to sales)\n")
    assert told(again) == (0, "moved v2: new version\n")
    assert (changed.returncode, "-expires: 7d\n+expires: 9d\n" in changed.stdout) == (0, True)
    assert told(same) == (0, "")
    assert (told(paused), told(resumed)) == ((0, "moved: paused\n"), (0, "moved: published\n"))
    assert told(back) == (0, "moved: version 1 in force\n")
    assert (told(exported), told(newer)) == ((0, RULE), (0, RULE.replace("7d", "9d")))
    assert told(retired) == (0, "moved: retired, 0 open watches dropped\n")


def test_what_cannot_be_done_is_one_line_with_its_fix_and_changes_nothing(run: Run, rules: Path) -> None:
    run("rules", "publish", rules)
    (rules / "cases" / "moved.yaml").write_text(CASES.replace("key: dana", "key: noa"))

    failed = run("rules", "test", rules)
    refused = [
        run("rules", "resume", "moved"),
        run("rules", "diff", "nothing"),
        run("rules", "diff", "moved", "--to", "7"),
        run("rules", "export", "moved", "--version", "7"),
        run("rules", "rollback", "moved", "7"),
        run("rules", "retire", "nothing"),
        run("rules", "withdraw", "nothing", "--reason", "x"),
        run("rules", "pause", "moved", "--open-cases", "withdraw"),
        run("rules", "pause", "moved", "--open-cases", "withdraw", "--reason", "x" * 201),
    ]

    assert (failed.returncode, "expected, not found" in failed.stdout) == (1, True)
    assert [(each.returncode, each.stdout, each.stderr.count("\n")) for each in refused] == [(2, "", 1)] * len(refused)
    assert "--reason: a reason has 1 to 200 characters (say in a few words why)" in refused[-1].stderr
    assert run("rules", "list").stdout.startswith("moved\tpublished\tv1\t")


def test_where_two_have_to_agree_nothing_runs_that_nobody_approved(environment: dict[str, str], run: Run, rules: Path) -> None:
    environment["RINGBACK_RULES_NEED_APPROVAL"] = "true"

    done = run("rules", "publish", rules)

    assert (done.returncode, done.stdout) == (1, "")
    assert "version 1 of moved was approved by nobody (ask somebody other than" in done.stderr.splitlines()[-1]
    assert run("rules", "list").stdout == ""


BEYOND = [
    (RULE.replace("7d", "0s"), "expires"),
    (RULE + "holdout: 101%\n", "holdout"),
    (RULE.replace("customer.moved}", f"customer.moved, where: '{'a' * 2001}'}}"), "detect.occurrence.on[0].where"),
    (RULE.replace("customer.moved}", f"customer.moved, where: '{'!(' * 40}true{')' * 40}'}}"), "detect.occurrence.on[0].where"),
    (
        RULE.replace("customer.moved}", 'customer.moved, where: \'["a"]' + ".map(a, a + a)" * 30 + '.exists(a, a == "b")\'}'),
        "detect.occurrence.on[0].where",
    ),
    (RULE + "#" * 300_000, "256 KB"),
    (RULE.replace("rule: moved", "rule: moved\nrule: moved"), "rule"),
]


@pytest.mark.parametrize(("document", "field"), BEYOND)
def test_a_rule_beyond_a_limit_is_refused_by_each_command_and_nothing_is_half_kept(
    run: Run, rules: Path, document: str, field: str
) -> None:
    (rules / "also.yaml").write_text(RULE.replace("rule: moved", "rule: also"))
    (rules / "moved.yaml").write_text(document)

    done = [run("rules", verb, rules) for verb in ("lint", "publish")]

    assert [(each.returncode, each.stdout, each.stderr.count("\n")) for each in done] == [(2, "", 1)] * 2
    assert all(field in each.stderr for each in done)
    assert run("rules", "list").stdout == ""


@pytest.fixture
async def cases(run: Run, rules: Path, database: Database) -> World:
    """Two customers, each with an open case of the rule."""
    async with database.transaction() as session:
        await a_queue(session, "sales")
    run("rules", "publish", rules)
    world = World.on(database)
    await world.send(*(an_event("customer.moved", subject, at=ago(minutes=1)) for subject in ("ann", "ben")))
    return world


async def outcomes(world: World) -> set[tuple[State, Outcome | None, str | None]]:
    found = [case for subject in ("ann", "ben") for case in await world.escalations(subject)]
    return {
        (State.CLOSED if case.state is State.CLOSED else State.QUEUED, case.outcome, case.canceled_reason) for case in found
    }


OPEN = {(State.QUEUED, None, None)}
TAKEN_BACK = {(State.CLOSED, Outcome.CANCELED, "the form was broken")}


async def test_pausing_lets_open_cases_finish_unless_it_is_told_to_withdraw_them(run: Run, cases: World) -> None:
    silent = run("rules", "pause", "moved")
    run("rules", "resume", "moved")
    finish = run("rules", "pause", "moved", "--open-cases", "finish")
    before = await outcomes(cases)
    run("rules", "resume", "moved")
    withdraw = run("rules", "pause", "moved", "--open-cases", "withdraw", "--reason", "the form was broken")

    assert told(silent) == told(finish) == (0, "moved: paused, 2 open cases go on unless they are withdrawn\n")
    assert told(withdraw) == (0, "moved: paused, 2 open cases taken back\n")
    assert (before, await outcomes(cases)) == (OPEN, TAKEN_BACK)


async def test_on_a_terminal_pausing_asks_what_becomes_of_them(run: Run, cases: World, environment: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, b"perhaps\nwithdraw\n\nthe form was broken\n")
    command = [sys.executable, "-m", "orchestrator.cli.main", "rules", "pause", "moved"]
    process = await asyncio.create_subprocess_exec(*command, stdin=theirs, stdout=PIPE, stderr=PIPE, env=environment)
    said, asked = await process.communicate()
    os.close(ours)
    os.close(theirs)

    assert "2 open cases stand on this rule alone. finish or withdraw? [finish]:" in asked.decode()
    assert "Why?" in asked.decode()
    assert (process.returncode, said.lstrip()) == (0, b"moved: paused, 2 open cases taken back\n")
    assert await outcomes(cases) == TAKEN_BACK
