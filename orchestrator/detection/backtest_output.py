"""What a back-test prints and writes: the summary other tools read, the moments, the report for people who decide."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from orchestrator.detection.backtest import Backtest, JudgedMoment, RuleTally
from orchestrator.detection.compiled import CompiledRule
from orchestrator.detection.exact import Exact
from orchestrator.detection.expressions import Failure
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.splits import Plan, first_message, plan_for
from orchestrator.detection.verdicts import Verdict
from orchestrator.intake.event_files import EventFile
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.timestamps import format_milliseconds, format_time

# Agents times the part of the hour that is open; None where nobody knows the queue.
Capacity: TypeAlias = Callable[[str | None, datetime], float | None]

_HOUR = timedelta(hours=1)
_SAMPLES = 5


def summary(result: Backtest, file: EventFile, *, seconds: float) -> dict[str, JsonValue]:
    """Return `{"events", "rules", "until", "seconds"}`, with what failed and differed beside it."""
    refused: dict[str, JsonValue] = {reason.value: count for reason, count in sorted(file.refused.items())}
    return {
        "events": {
            "read": file.read,
            "accepted": len(file.events),
            "duplicate": file.duplicates,
            "refused": refused,
        },
        "rules": {name: _tally(tally) for name, tally in result.tallies.items()},
        "until": format_milliseconds(result.until) if result.until is not None else None,
        "seconds": round(seconds, 3),
        "differing_copies": file.differing,
        "refused_samples": {reason.value: _refusal(file, reason) for reason in sorted(file.samples)},
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


def _refusal(file: EventFile, reason: str) -> JsonValue:
    sample = next(sample for known, sample in file.samples.items() if known == reason)
    return {"line": sample.line, "field": sample.field, "fix": sample.fix}


def _failures(tally: RuleTally) -> JsonValue:
    return {
        place: {"event": f"{position.source} {position.id}", "message": message}
        for place, (position, message) in sorted(tally.samples.items())
    }


def moment_object(moment: JudgedMoment) -> dict[str, JsonValue]:
    """Return one line of `--moments`."""
    evidence: list[JsonValue] = list(moment.found.evidence_texts())
    return {
        "rule": moment.rule,
        "customer": moment.customer,
        "key": moment.key,
        "at": format_milliseconds(moment.at),
        "evidence": evidence,
        "verdict": moment.verdict.value,
    }


def per_hour(result: Backtest, rules: Rulebook, capacity: Capacity) -> dict[str, dict[str, JsonValue]]:
    """Return for every rule `{"<UTC hour>": {"moments", "capacity"}}`, an hour being named by its first instant."""
    counts: defaultdict[str, Counter[datetime]] = defaultdict(Counter)
    for moment in result.moments:
        counts[moment.rule][moment.at.replace(minute=0, second=0, microsecond=0)] += 1
    hours: dict[str, dict[str, JsonValue]] = {}
    for rule in rules:
        queue = next((step.queue for step in rule.document.steps if step.queue is not None), None)
        hours[rule.name] = {
            format_time(hour): {"moments": count, "capacity": capacity(queue, hour)}
            for hour, count in sorted(counts[rule.name].items())
        }
    return hours


def report(result: Backtest, rules: Rulebook, *, salt: str = "") -> dict[str, JsonValue]:
    """Return overlap, samples, value and cost; of rules with a split, how many moments and customers take which plan; of
    rules that weigh a call, how many moments not worth one would get a message instead, where gates let it go.

    Overlap: of two rules, the customers for whom both found a moment, and the moments of the first that joined an
    escalation. Value: what the escalated and joined moments are worth times their chance; cost: what calling would cost.
    """
    return {
        "overlap": _overlap(result.moments),
        "samples": {rule.name: _samples(result.moments, rule.name) for rule in rules},
        "worth": {rule.name: _worth(result.moments, rule.name) for rule in rules if rule.worth is not None},
        "messages": {rule.name: _messages(result.moments, rule, salt) for rule in rules if rule.worth is not None},
        "plans": {rule.name: _plans(result.moments, rule, salt) for rule in rules if rule.document.split is not None},
    }


def _overlap(moments: Iterable[JudgedMoment]) -> list[JsonValue]:
    customers: defaultdict[str, set[str]] = defaultdict(set)
    for moment in moments:
        customers[moment.rule].add(moment.customer)
    names = sorted(customers)
    pairs: list[JsonValue] = []
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if shared := customers[first] & customers[second]:
                pairs.append({"rules": [first, second], "customers": len(shared)})
    return pairs


def _samples(moments: Iterable[JudgedMoment], rule: str) -> list[JsonValue]:
    """Return the first moments of each verdict: what was suppressed is as telling as what was not."""
    seen: Counter[Verdict] = Counter()
    samples: list[JsonValue] = []
    for moment in moments:
        if moment.rule == rule and seen[moment.verdict] < _SAMPLES:
            seen[moment.verdict] += 1
            samples.append(moment_object(moment))
    return samples


def _worth(moments: Iterable[JudgedMoment], rule: str) -> JsonValue:
    value: Exact = 0
    cost: Exact = 0
    calls = 0
    for moment in moments:
        worth, found = moment.found.rule.worth, moment.found.worth
        if moment.rule != rule or not moment.verdict.is_live or worth is None:
            continue
        if found is not None and not isinstance(found, Failure):
            value += found * worth.chance
        if moment.verdict is Verdict.ESCALATE:
            calls += 1
            cost += worth.call_cost
    return {"expected_value": float(value), "cost": float(cost), "calls": calls}


def _messages(moments: Iterable[JudgedMoment], rule: CompiledRule, salt: str) -> JsonValue:
    unworthy = [each for each in moments if each.rule == rule.name and each.verdict is Verdict.SUPPRESSED_WORTH]
    plans = [plan_for(rule.document, each.found.customer, salt=salt) for each in unworthy]
    return {"not_worth": len(unworthy), "instead": sum(first_message(rule.document, plan) is not None for plan in plans)}


def _plans(moments: Iterable[JudgedMoment], rule: CompiledRule, salt: str) -> JsonValue:
    found: Counter[Plan | None] = Counter()
    escalated: Counter[Plan | None] = Counter()
    customers: defaultdict[Plan | None, set[str]] = defaultdict(set)
    for moment in moments:
        if moment.rule == rule.name:
            plan = plan_for(rule.document, moment.found.customer, salt=salt)
            found[plan] += 1
            escalated[plan] += moment.verdict is Verdict.ESCALATE
            customers[plan].add(moment.customer)
    return {
        plan.value: {"moments": found[plan], "customers": len(customers[plan]), "escalated": escalated[plan]} for plan in Plan
    }


def capacity_of(agents: int, open_for: timedelta) -> float:
    """Return how many agents an hour has: those on duty, for the part of it that is open."""
    return agents * (open_for / _HOUR)
