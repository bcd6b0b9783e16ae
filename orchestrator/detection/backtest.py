"""What rules would have found in recorded events, where the events and what they lead to fit into memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.detection.backtest_records import as_record
from orchestrator.detection.backtest_replay import JudgedMoment, Replay, RuleTally
from orchestrator.detection.rulebook import Rulebook
from orchestrator.intake.event import Event
from orchestrator.intake.json_text import JsonValue


@dataclass(slots=True)
class Backtest:
    """The moments ordered by (at cut to ms, rule, customer, key), a tally for every rule, and the T that was reached."""

    until: datetime | None
    tallies: dict[str, RuleTally]
    moments: list[JudgedMoment] = field(default_factory=list)


def run_backtest(
    rules: Rulebook,
    events: Iterable[Event],
    *,
    until: datetime | None = None,
    salt: str = "",
    customers: Mapping[str, Mapping[str, JsonValue]] | None = None,
) -> Backtest:
    """Apply all events with a time up to `until`, in order, and let the deadlines up to it pass.

    `events` come in any order, each (source, id) once. Without `until` it is the latest time of any of them. `customers` have
    attributes, by id, before the first event.
    """
    events = list(events)
    if until is None and events:
        until = max(event.time for event in events)
    result = Backtest(until, {rule.name: RuleTally() for rule in rules})
    if until is not None:
        replay = Replay(rules, until, result.tallies, salt=salt, customers=customers)
        records = [as_record(event, number) for number, event in enumerate(events) if event.time <= until]
        result.moments = [moment for moments in replay.play(records) for moment in moments]
    result.moments.sort(key=_order)
    return result


def _order(moment: JudgedMoment) -> tuple[datetime, str, str, str, datetime]:
    at = moment.at
    cut = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return cut, moment.rule, moment.customer, moment.key, at
