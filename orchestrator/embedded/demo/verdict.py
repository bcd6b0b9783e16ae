"""What the demo found: the figures it writes, and whether every guarantee held."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.embedded.demo.channels import Sent
from orchestrator.insights.audit import Findings, Latency


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen beside the audit."""

    sent: Sent
    unsent: int  # events that were not sent before the time was over
    rings: int
    latency: Latency
    seconds: float
    personal_in_logs: int  # lines of any process's log in which a customer's name or number stands
    let_in: int  # requests without a token that were answered
    expired_feedback: int  # of the queue that stays closed
    feedback: int
    offered_too_early: int  # tasks of the opening queue offered before its minute
    worker_restarts: int


@dataclass(frozen=True, slots=True)
class Check:
    guarantee: str
    held: bool
    detail: str


def figures(findings: Findings, seen: Seen) -> dict[str, Any]:
    """Return the demo's figures in the shape that `--json` writes."""
    verdicts = seen.sent.verdicts
    return {
        "events": {
            "sent": seen.sent.total,
            "accepted": verdicts["accepted"],
            "duplicate": verdicts["duplicate"],
            "refused": verdicts["refused"],
        },
        "moments": dict(sorted(findings.moments.items())),
        "escalations": dict(sorted(findings.escalations.items())),
        "open_at_end": findings.open_escalations,
        "rings": seen.rings,
        "double_dials": findings.double_dials,
        "dials_after_resolution": findings.dials_after_resolution,
        "dials_outside_hours": findings.dials_outside_hours,
        "promises": dict(findings.promises),
        "lost_events": findings.lost_events,
        "latency_ms": {"event_to_task_p50": _rounded(seen.latency.p50), "event_to_task_p99": _rounded(seen.latency.p99)},
        "seconds": round(seen.seconds, 1),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def checks(findings: Findings, seen: Seen) -> list[Check]:
    """Hold what was found against the guarantees, each told in a sentence."""
    promises = findings.promises
    closed_feedback = f"{seen.expired_feedback} of {seen.feedback} cases of the closed queue ended expired"
    return [
        Check(
            "1 an accepted event is never lost",
            not findings.lost_events and not seen.unsent,
            f"{len(seen.sent.accepted)} accepted, {findings.lost_events} lost, {seen.unsent} not sent in time",
        ),
        Check("2 one customer, one open escalation", not findings.double_escalations, f"{findings.double_escalations} double"),
        Check(
            "3 at most one call per attempt", not findings.double_dials, f"{seen.rings} rings, {findings.double_dials} double"
        ),
        Check(
            "4 nobody is called who no longer needs it",
            not findings.dials_after_resolution,
            f"{findings.dials_after_resolution} dials after a resolution",
        ),
        Check(
            "5 a promise survives",
            not findings.promises_without_state and not findings.open_escalations and seen.worker_restarts > 0,
            f"{promises['made']} made, {promises['kept']} kept, {promises['renewed']} renewed, {promises['broken']} broken, "
            f"{promises['released']} released; {findings.open_escalations} cases open; worker killed {seen.worker_restarts}×",
        ),
        Check(
            "6 allowed times only",
            not findings.dials_outside_hours and not seen.offered_too_early and seen.expired_feedback == seen.feedback > 0,
            f"{findings.dials_outside_hours} dials outside, {seen.offered_too_early} offers before opening; {closed_feedback}",
        ),
        Check("7 every decision can be explained", not findings.unexplained, f"{findings.unexplained} without a reason"),
        Check(
            "10 nobody gets in, nothing personal gets out",
            not seen.personal_in_logs and not seen.let_in,
            f"{seen.personal_in_logs} log lines with a name or number, {seen.let_in} requests let in without a token",
        ),
    ]


def personal_lines(logs: Path, marks: Sequence[str]) -> int:
    """Count the lines in the processes' logs in which one of `marks` (names, numbers) stands, escaped for JSON or not."""
    lines = (line for path in logs.glob("*.log") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    spellings = {spelt for mark in marks for spelt in (mark, json.dumps(mark)[1:-1])}
    return sum(any(mark in line for mark in spellings) for line in lines)


def passed(made: Sequence[Check]) -> bool:
    return all(check.held for check in made)


def rows(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return the figures as lines of a table, nested names joined by a dot."""
    out: list[tuple[str, str]] = []
    for name, value in values.items():
        out += rows(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", str(value))]
    return out
