"""What a back-test found: the figures of one rule, hour by hour."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from orchestrator.backtests.trial import Trial, open_hours
from orchestrator.detection.rule_files import read_rule
from orchestrator.intake.timestamps import format_time, parse_time
from orchestrator.storage.columns import Json

_CALLS = "escalate"


def counted(trial: Trial, summary: Json, report: Json, moments: Iterable[Json]) -> Json:
    """Return the figures of the rule under trial; `moments` are those of every rule. Its samples have subjects yet."""
    document = read_rule(trial.rules[trial.rule].encode(), name=trial.rule).document
    queue = next((step.queue for step in document.steps if step.queue is not None), None)
    staffed = trial.queues.get(queue) if queue is not None else None
    return {
        "events": summary["events"],
        "figures": {name: value for name, value in summary["rules"][trial.rule].items() if name != "per_hour"},
        "hours": _hours(trial, queue, [each for each in moments if each["rule"] == trial.rule]),
        "queue": queue,
        "agents": staffed.agents if staffed is not None else None,
        "others": sorted(set(trial.rules) - {trial.rule}),
        "overlap": [_overlap(pair, trial.rule) for pair in report["overlap"] if trial.rule in pair["rules"]],
        "worth": report["worth"].get(trial.rule),
        "samples": report["samples"][trial.rule],
    }


def _hours(trial: Trial, queue: str | None, moments: Iterable[Json]) -> list[list[Any]]:
    """Return `[hour, moments, calls, agents]` for each hour in which anything is found or anybody is there."""
    found: Counter[datetime] = Counter()
    calls: Counter[datetime] = Counter()
    for each in moments:
        hour = _instant(each["at"]).replace(minute=0, second=0, microsecond=0)
        found[hour] += 1
        calls[hour] += each["verdict"] == _CALLS
    agents = open_hours(trial, queue)
    return [[format_time(hour), found[hour], calls[hour], agents.get(hour, 0)] for hour in sorted({*found, *agents})]


def _overlap(pair: Json, rule: str) -> Json:
    first, second = pair["rules"]
    return {"rule": second if first == rule else first, "customers": pair["customers"]}


def _instant(text: str) -> datetime:
    known = parse_time(text)
    assert known is not None, "the command writes times as we read them"
    return known
