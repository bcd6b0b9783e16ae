"""The meanings of rules once more, as plainly as can be: sort, look back over everything, recompute. Slow and plain."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from orchestrator.intake.event import Event

Order = tuple[Any, ...]


@dataclass
class Found:
    """`order` says when within all that happens: events by (time, 0, source, id, rule), deadlines by (time, 1, rule, key)."""

    rule: str
    customer: str
    key: str
    at: datetime
    evidence: list[str]
    order: Order
    expires: timedelta = timedelta(hours=1)
    verdict: str = ""


@dataclass
class NaiveRule:
    """`kind` is x (occurrence), w (absence), d (absence with a date) or s (score).

    Types are fixed: x, start/touch/until, dated/until with the date in `data.at`, hit/reset; paid resolves.
    """

    name: str
    kind: str
    within: timedelta = timedelta(minutes=5)
    threshold: Fraction = Fraction(3)
    expires: timedelta = timedelta(hours=1)
    cooldown: timedelta | None = None
    # What the version in force said when an event came, by its id, where versions followed each other.
    spans: dict[str, timedelta] = field(default_factory=dict)
    thresholds: dict[str, Fraction] = field(default_factory=dict)

    def span(self, event: Event) -> timedelta:
        return self.spans.get(event.id, self.within)

    def is_reached(self, total: Fraction, event: Event) -> bool:
        return total >= self.thresholds.get(event.id, self.threshold)


@dataclass
class Naive:
    rules: list[NaiveRule]
    events: list[Event]
    until: datetime
    found: list[Found] = field(default_factory=list)

    def run(self) -> list[Found]:
        self.events = sorted((e for e in self.events if e.time <= self.until), key=lambda e: (e.time, e.source, e.id))
        for rule in self.rules:
            for customer, key in sorted({(e.subject, key_of(e)) for e in self.events}):
                own = [e for e in self.events if (e.subject, key_of(e)) == (customer, key)]
                find = {"x": occurrences, "w": absences, "d": dates, "s": scores}[rule.kind]
                self.found += find(rule, own, customer, key, self.until)
        self.found.sort(key=lambda found: found.order)
        for index, found in enumerate(self.found):
            found.verdict = self.verdict(index, found)
        return self.found

    def verdict(self, index: int, found: Found) -> str:
        earlier = [other for other in self.found[:index] if other.customer == found.customer]
        rule = next(rule for rule in self.rules if rule.name == found.rule)
        last = [other.at for other in earlier if other.rule == rule.name and other.verdict == "escalate"]
        if rule.cooldown is not None and last and found.at - last[-1] < rule.cooldown:
            return "suppressed:cooldown"
        live = [other for other in earlier if other.verdict in ("escalate", "joined") and self.is_live(other, found)]
        return "joined" if live else "escalate"

    def is_live(self, moment: Found, now: Found) -> bool:
        if now.at >= moment.at + moment.expires:
            return False
        for event in self.events:
            order = (event.time, 0, event.source, event.id, "")
            if event.subject != moment.customer or not moment.order < order < now.order:
                continue
            if event.type == "contact.inbound" or (event.type == "paid" and key_of(event) == moment.key):
                return False
        return True


def key_of(event: Event) -> str:
    assert isinstance(event.data, dict)
    return str(event.data["k"])


def by_event(event: Event, rule: NaiveRule) -> Order:
    return (event.time, 0, event.source, event.id, rule.name)


def occurrences(rule: NaiveRule, events: list[Event], customer: str, key: str, until: datetime) -> Iterator[Found]:
    for event in events:
        if event.type == "x":
            yield Found(rule.name, customer, key, event.time, [event.id], by_event(event, rule), rule.expires)


def absences(rule: NaiveRule, events: list[Event], customer: str, key: str, until: datetime) -> Iterator[Found]:
    events = [event for event in events if event.type in ("start", "touch", "until")]
    while events:
        first, *events = events
        if first.type != "start":
            continue
        chain = [first]
        while events and events[0].type != "until" and events[0].time <= chain[-1].time + rule.span(chain[-1]):
            chain.append(events.pop(0))
        deadline = chain[-1].time + rule.span(chain[-1])
        if (events and events[0].time <= deadline) or deadline > until:
            continue  # what stopped the chain in time is an until, or nothing that is known yet
        order = (deadline, 1, rule.name, customer, key)
        yield Found(rule.name, customer, key, deadline, [event.id for event in chain], order, rule.expires)


def dates(rule: NaiveRule, events: list[Event], customer: str, key: str, until: datetime) -> Iterator[Found]:
    """Each run of dates between two `until`s: a date stands until another is named, and is over once it has passed."""
    events = [event for event in events if event.type in ("dated", "until")]
    chain: list[Event] = []
    for index, event in enumerate(events):
        if event.type == "until":
            chain = []
            continue
        chain.append(event)
        then = date_of(event)
        following = events[index + 1].time if index + 1 < len(events) else None
        if then <= event.time:
            yield Found(rule.name, customer, key, event.time, ids(chain), by_event(event, rule), rule.expires)
            chain = []
        elif then <= until and (following is None or following > then):
            order = (then, 1, rule.name, customer, key)
            yield Found(rule.name, customer, key, then, ids(chain), order, rule.expires)
            chain = []


def date_of(event: Event) -> datetime:
    assert isinstance(event.data, dict)
    return datetime.fromisoformat(str(event.data["at"]))


def ids(events: list[Event]) -> list[str]:
    return [event.id for event in events]


def scores(rule: NaiveRule, events: list[Event], customer: str, key: str, until: datetime) -> Iterator[Found]:
    since = 0
    for index, event in enumerate(events):
        if event.type == "reset":
            since = index + 1
        if event.type != "hit":
            continue
        hits = [e for e in events[since : index + 1] if e.type == "hit" and e.time > event.time - rule.within]
        if rule.is_reached(sum((weight(hit) for hit in hits), Fraction(0)), event):
            yield Found(rule.name, customer, key, event.time, [hit.id for hit in hits], by_event(event, rule), rule.expires)
            since = index + 1


def weight(event: Event) -> Fraction:
    assert isinstance(event.data, dict)
    return Fraction(str(event.data["w"]))
