"""What a back-test prints and writes: the summary other tools read, the moments, the report for people who decide."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from orchestrator.detection.backtest_moments import WrittenMoment
from orchestrator.detection.backtest_replay import RuleTally
from orchestrator.detection.backtest_stream import Streamed
from orchestrator.detection.backtest_totals import Totals, Worth
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.splits import Plan
from orchestrator.detection.verdicts import Verdict
from orchestrator.intake.event_files import EventCounts, Refusal
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.timestamps import format_milliseconds, format_time

# Agents times the part of the hour that is open; None where nobody knows the queue.
Capacity: TypeAlias = Callable[[str | None, datetime], float | None]

_HOUR = timedelta(hours=1)
_SAMPLES = 5


def summary(result: Streamed, counts: EventCounts, *, seconds: float) -> dict[str, JsonValue]:
    """Return `{"events", "rules", "until", "seconds"}`, with what failed and differed beside it."""
    refused: dict[str, JsonValue] = {reason.value: count for reason, count in sorted(counts.refused.items())}
    return {
        "events": {
            "read": counts.read,
            "accepted": counts.accepted,
            "duplicate": counts.duplicates,
            "refused": refused,
        },
        "rules": {name: _tally(tally) for name, tally in result.tallies.items()},
        "until": format_milliseconds(result.until) if result.until is not None else None,
        "seconds": round(seconds, 3),
        "differing_copies": counts.differing,
        "refused_samples": {reason.value: _refusal(counts.samples[reason]) for reason in sorted(counts.samples)},
        "condition_errors": {name: tally.condition_errors for name, tally in result.tallies.items()},
        "error_samples": {name: _failures(tally) for name, tally in result.tallies.items() if tally.samples},
    }


def _tally(tally: RuleTally) -> JsonValue:
    verdicts: dict[str, JsonValue] = {verdict.value: tally.verdicts[verdict] for verdict in sorted(tally.verdicts)}
    return {
        "moments": tally.moments,
        "verdicts": verdicts,
        "open_watches": tally.open_watches,
        "errors": tally.errors,
    }


def _refusal(sample: Refusal) -> JsonValue:
    return {"line": sample.line, "field": sample.field, "fix": sample.fix}


def _failures(tally: RuleTally) -> JsonValue:
    return {
        place: {"event": f"{sample.event.source} {sample.event.id}", "message": sample.message}
        for place, sample in sorted(tally.samples.items())
    }


def per_hour(totals: Totals, rules: Rulebook, capacity: Capacity) -> dict[str, dict[str, JsonValue]]:
    """Return for every rule `{"<UTC hour>": {"moments", "capacity"}}`, an hour being named by its first instant."""
    hours: dict[str, dict[str, JsonValue]] = {}
    for rule in rules:
        queue = next((step.queue for step in rule.document.steps if step.queue is not None), None)
        hours[rule.name] = {
            format_time(hour): {"moments": count, "capacity": capacity(queue, hour)}
            for hour, count in sorted(totals.hours[rule.name].items())
        }
    return hours


def report(totals: Totals, rules: Rulebook, moments: Iterable[WrittenMoment]) -> dict[str, JsonValue]:
    """Return overlap, samples, value and cost; of rules with a split, how many moments and customers take which plan; of
    rules that weigh a call, how many moments not worth one would get a message instead, where gates let it go.

    Overlap: of two rules, the customers for whom both found a moment. `moments` come in their order.
    """
    samples = _samples(moments)
    return {
        "overlap": [{"rules": list(pair), "customers": count} for pair, count in sorted(totals.overlap.items())],
        "samples": {rule.name: samples[rule.name] for rule in rules},
        "worth": {rule.name: _worth(totals.worth[rule.name]) for rule in rules if rule.worth is not None},
        "messages": {rule.name: _messages(totals.worth[rule.name]) for rule in rules if rule.worth is not None},
        "plans": {rule.name: _plans(totals, rule.name) for rule in rules if rule.document.split is not None},
    }


def _samples(moments: Iterable[WrittenMoment]) -> defaultdict[str, list[JsonValue]]:
    """Return the first moments of each verdict by rule: what was suppressed is as telling as what was not."""
    seen: Counter[tuple[str, Verdict]] = Counter()
    samples: defaultdict[str, list[JsonValue]] = defaultdict(list)
    for moment in moments:
        if seen[moment.rule, moment.verdict] < _SAMPLES:
            seen[moment.rule, moment.verdict] += 1
            samples[moment.rule].append(moment.as_object())
    return samples


def _worth(worth: Worth) -> JsonValue:
    return {"expected_value": float(worth.expected_value), "cost": float(worth.cost), "calls": worth.calls}


def _messages(worth: Worth) -> JsonValue:
    return {"not_worth": worth.not_worth, "instead": worth.instead}


def _plans(totals: Totals, rule: str) -> JsonValue:
    taken = {plan.value: totals.plans[rule, plan] for plan in Plan}
    return {
        plan: {"moments": each.moments, "customers": each.customers, "escalated": each.escalated}
        for plan, each in taken.items()
    }


def capacity_of(agents: int, open_for: timedelta) -> float:
    """Return how many agents an hour has: those on duty, for the part of it that is open."""
    return agents * (open_for / _HOUR)
