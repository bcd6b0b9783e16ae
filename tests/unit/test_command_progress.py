"""Progress of long commands: a program reads lines, a person sees one line move."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.events import as_line, mixed_events
from orchestrator.cli.progress import Pacer, Step
from orchestrator.detection.progress import Phase, told
from tests.unit.detection.factories import START

SHIPPED = Path(__file__).parents[2] / "orchestrator" / "detection" / "shipped"


def backtest(folder: Path, *flags: str, lines: Sequence[bytes]) -> subprocess.CompletedProcess[str]:
    events = folder / "events.jsonl"
    events.write_bytes(b"".join(line + b"\n" for line in lines))
    command = [sys.executable, "-m", "orchestrator.cli.main", "backtest", "--rules", str(SHIPPED), "--events", str(events)]
    return subprocess.run([*command, *flags], capture_output=True, text=True, check=True)


def some_lines() -> list[bytes]:
    return [*(as_line(event) for event in mixed_events(300, customers=9, after=START)), b"{", b""]


def test_a_back_test_ends_each_phase_with_all_of_it_done(tmp_path: Path) -> None:
    done = backtest(tmp_path, "--progress", "--json", lines=some_lines())

    steps = [json.loads(line) for line in done.stderr.splitlines()]
    assert {tuple(step) for step in steps} == {("phase", "done", "of")}
    last = {step["phase"]: (step["done"], step["of"]) for step in steps}
    assert (last["reading"], last["running"]) == ((302, 302), (300, 300))
    assert json.loads(done.stdout)["events"]["accepted"] == 300


def test_nobody_is_told_who_did_not_ask(tmp_path: Path) -> None:
    assert backtest(tmp_path, "--json", lines=some_lines()).stderr == ""


def test_a_step_is_shown_once_a_second_and_as_its_phase_ends() -> None:
    shown: list[Step] = []
    seconds = iter(range(100))  # what the clock says, each time it is asked
    pacer = Pacer(shown.append, clock=lambda: next(seconds) / 4)

    for _ in told(range(256 * 6 + 1), Phase.READING, None, pacer):
        pass
    pacer(Phase.RUNNING, 1, 2)

    assert [step.done for step in shown] == [256 * 4, 256 * 6 + 1]
    assert {step.phase for step in shown} == {Phase.READING}
