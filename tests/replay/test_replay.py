"""Every recorded history replays with the workflows as they are now: what runs in the field goes on."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from tests.replay.record import FOLDER, KEYS, paths
from tests.sandbox import sandbox
from workflows.backtest import Backtest
from workflows.codec import converter
from workflows.escalation import Escalation
from workflows.lookout import Lookout
from workflows.moment_watch import MomentWatch
from workflows.sweep import Sweep

HISTORIES = sorted(FOLDER.glob("*.json"))


def test_there_is_a_history_for_each_path() -> None:
    assert {file.stem for file in HISTORIES} == set(paths())


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_a_recorded_history_replays(file: Path) -> None:
    history = WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))  # noqa: ASYNC240  small and local
    flows = [Backtest, Escalation, Lookout, MomentWatch, Sweep]
    replayer = Replayer(workflows=flows, data_converter=converter(KEYS), workflow_runner=sandbox())

    await replayer.replay_workflow(history)


def test_the_long_history_continued_as_new() -> None:
    events = json.loads((FOLDER / "escalation-continued.json").read_text(encoding="utf-8"))["events"]

    assert events[-1]["eventType"] == "EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW"
