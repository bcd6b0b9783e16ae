"""Customers' recorded events, played again: the live engine and the live verdicts."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.detection.backtest_records import NUMBER, Record, as_event, clusters
from orchestrator.detection.effects import Effect, ExpressionFailed, MomentFound
from orchestrator.detection.identities import Identities, rekeyed
from orchestrator.detection.journey import Journey
from orchestrator.detection.ledgers import Ledgers
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.states import CustomerState
from orchestrator.detection.verdicts import Verdict
from orchestrator.intake.event import Position
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


@dataclass(frozen=True, slots=True)
class Sample:
    """The first failure of an expression, of the customer who was met first."""

    event: Position
    message: str
    met: int


@dataclass(slots=True)
class RuleTally:
    """`errors` counts failures that skipped the rule or suppressed a moment, `condition_errors` conditions that failed."""

    moments: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    open_watches: int = 0
    errors: int = 0
    condition_errors: int = 0
    samples: dict[str, Sample] = field(default_factory=dict)  # by place

    def count(self, failed: ExpressionFailed, *, met: int) -> None:
        if failed.is_condition:
            self.condition_errors += 1
        else:
            self.errors += 1
        known = self.samples.get(failed.place)
        if known is None or met < known.met:
            self.samples[failed.place] = Sample(failed.event, failed.message, met)


class Replay:
    """Plays customers' events up to `until` and lets the deadlines up to it pass, keeping a tally for every rule.

    Moments before `since` are neither counted nor told. `customers` have attributes, by id, before the first event.
    """

    def __init__(
        self,
        rules: Rulebook,
        until: datetime,
        tallies: Mapping[str, RuleTally],
        *,
        salt: str = "",
        since: datetime | None = None,
        customers: Mapping[str, Mapping[str, JsonValue]] | None = None,
    ) -> None:
        self._rules, self._until, self._tallies, self._salt, self._since = rules, until, tallies, salt, since
        self._customers = customers or {}
        self.done = 0  # events played

    def play(self, records: Iterable[Record]) -> Iterator[list[JudgedMoment]]:
        """Yield the moments of one customer after the other. The records hold all events of each, none after `until`."""
        for cluster in clusters(records):
            self.done += len(cluster)
            yield self._play_cluster(cluster)

    def _play_cluster(self, cluster: list[Record]) -> list[JudgedMoment]:
        cluster.sort()
        customers = [CustomerState.new(name, attributes) for name, attributes in self._customers.items()]
        journey, ledgers = Journey(self._rules, customers), Ledgers(self._rules, salt=self._salt)
        effects: list[Effect] = []
        for record in cluster:
            effects += journey.apply(as_event(record))
        effects += journey.advance(self._until)
        for customer in journey.customers.values():
            for rule, _key in customer.watches:
                self._tallies[rule].open_watches += 1
        return self._judged(effects, ledgers, journey.identities, cluster) if effects else []

    def _judged(
        self, effects: list[Effect], ledgers: Ledgers, identities: Identities, cluster: list[Record]
    ) -> list[JudgedMoment]:
        moments: list[JudgedMoment] = []
        met: int | None = None
        for effect in effects:
            verdict = ledgers.enter(effect)
            if isinstance(effect, MomentFound) and verdict is not None:
                if self._since is not None and effect.at < self._since:
                    continue
                tally = self._tallies[effect.rule.name]
                tally.moments += 1
                tally.verdicts[verdict] += 1
                moments.append(self._of_kept_customer(effect, verdict, identities))
            elif isinstance(effect, ExpressionFailed):
                met = min(record[NUMBER] for record in cluster) if met is None else met
                self._tallies[effect.rule.name].count(effect, met=met)
        return moments

    def _of_kept_customer(self, found: MomentFound, verdict: Verdict, identities: Identities) -> JudgedMoment:
        kept = identities.resolve(found.customer)
        return JudgedMoment(found, kept, rekeyed(self._rules, found.rule.name, found.key, kept, found.customer), verdict)
