"""What rules would have found in recorded events: the live engine and the live verdicts, over a whole stream."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.detection.effects import Effect, ExpressionFailed, MomentFound
from orchestrator.detection.identities import Identities, rekeyed
from orchestrator.detection.journey import Journey
from orchestrator.detection.ledgers import Ledgers
from orchestrator.detection.progress import Phase, Progress, untold
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.states import CustomerState
from orchestrator.detection.verdicts import Verdict
from orchestrator.intake.event import Event, Position
from orchestrator.intake.json_text import JsonValue


@dataclass(frozen=True, slots=True)
class JudgedMoment:
    """A moment with its verdict. `customer` is the subject that is kept after all merges."""

    found: MomentFound
    customer: str
    key: str
    verdict: Verdict

    @property
    def rule(self) -> str:
        return self.found.rule.name

    @property
    def at(self) -> datetime:
        return self.found.at


@dataclass(slots=True)
class RuleTally:
    """`errors` counts failures that skipped the rule or suppressed a moment, `condition_errors` conditions that failed."""

    moments: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    open_watches: int = 0
    errors: int = 0
    condition_errors: int = 0
    samples: dict[str, tuple[Position, str]] = field(default_factory=dict)  # by place: the first event and the message

    def count(self, failed: ExpressionFailed) -> None:
        if failed.is_condition:
            self.condition_errors += 1
        else:
            self.errors += 1
        self.samples.setdefault(failed.place, (failed.event, failed.message))


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
    progress: Progress = untold,
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
        applied = [event for event in events if event.time <= until]
        done = 0
        for cluster in _clusters(applied):
            _run_cluster(rules, cluster, until, salt, result, customers or {})
            done += len(cluster)
            progress(Phase.RUNNING, done, len(applied))
    result.moments.sort(key=_order)
    return result


def _clusters(events: Iterable[Event]) -> Iterable[list[Event]]:
    """Part the events by customer; ids that are one customer at the end stay together from the beginning."""
    by_subject: defaultdict[str, list[Event]] = defaultdict(list)
    identities = Identities()
    for event in events:
        by_subject[event.subject].append(event)
        if event.type == "customer.identified" and isinstance(event.data, dict):
            identities.unite(event.subject, str(event.data["anonymous_id"]))
    if not identities.aliases:
        return by_subject.values()
    clusters: defaultdict[str, list[Event]] = defaultdict(list)
    for subject, own in by_subject.items():
        clusters[identities.resolve(subject)] += own
    return clusters.values()


def _run_cluster(
    rules: Rulebook,
    events: list[Event],
    until: datetime,
    salt: str,
    result: Backtest,
    customers: Mapping[str, Mapping[str, JsonValue]],
) -> None:
    events.sort(key=lambda event: (event.time, event.source, event.id))
    journey = Journey(rules, [CustomerState.new(name, attributes) for name, attributes in customers.items()])
    ledgers = Ledgers(rules, salt=salt)
    moments: list[tuple[MomentFound, Verdict]] = []
    for event in events:
        if effects := journey.apply(event):
            _enter(effects, ledgers, result.tallies, moments)
    _enter(journey.advance(until), ledgers, result.tallies, moments)
    for found, verdict in moments:
        result.moments.append(_judged(found, verdict, rules, journey.identities))
    for customer in journey.customers.values():
        for rule, _key in customer.watches:
            result.tallies[rule].open_watches += 1


def _enter(
    effects: list[Effect],
    ledgers: Ledgers,
    tallies: dict[str, RuleTally],
    moments: list[tuple[MomentFound, Verdict]],
) -> None:
    for effect in effects:
        verdict = ledgers.enter(effect)
        if isinstance(effect, MomentFound) and verdict is not None:
            tally = tallies[effect.rule.name]
            tally.moments += 1
            tally.verdicts[verdict] += 1
            moments.append((effect, verdict))
        elif isinstance(effect, ExpressionFailed):
            tallies[effect.rule.name].count(effect)


def _judged(found: MomentFound, verdict: Verdict, rules: Rulebook, identities: Identities) -> JudgedMoment:
    kept = identities.resolve(found.customer)
    key = rekeyed(rules, found.rule.name, found.key, kept, found.customer)
    return JudgedMoment(found, kept, key, verdict)


def _order(moment: JudgedMoment) -> tuple[datetime, str, str, str, datetime]:
    at = moment.at
    cut = at.replace(microsecond=at.microsecond // 1000 * 1000)
    return cut, moment.rule, moment.customer, moment.key, at
