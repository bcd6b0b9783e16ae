"""The whole demo, once, as a newcomer runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.deployment

BROKEN_BY_ONE = ("open_at_end", "double_dials", "dials_after_resolution", "dials_outside_hours", "lost_events")
KINDS = {
    "angry_customer", "bad_feedback", "delivery_trouble", "incomplete_checkout", "lost_in_help", "moved_house", "renewal_due",
    "sale_left_open",
}  # fmt: skip


def test_the_demo_keeps_every_guarantee_within_two_minutes(tmp_path: Path) -> None:
    figures = tmp_path / "out.json"
    command = [
        sys.executable,
        "-P",
        "-m",
        "orchestrator.cli.main",
        "demo",
        "--json",
        str(figures),
        "--data",
        str(tmp_path / "data"),
    ]

    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "160"}, check=False)

    told = ended.stdout + ended.stderr
    assert ended.returncode == 0, told
    seen = json.loads(figures.read_text(encoding="utf-8"))
    assert {name: seen[name] for name in BROKEN_BY_ONE} == dict.fromkeys(BROKEN_BY_ONE, 0), told
    assert seen["events"]["accepted"] + seen["events"]["duplicate"] + seen["events"]["refused"] == seen["events"]["sent"]
    assert seen["moments"].keys() == KINDS
    assert {"solved", "resolved_by_customer", "expired", "unreachable"} <= seen["escalations"].keys()
    assert seen["promises"]["made"] > 0
    assert seen["rings"] > 0
    assert "every guarantee held" in told
