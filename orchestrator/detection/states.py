"""What detection remembers of a customer between events: open watches and score windows. Plain values, JSON and back."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from heapq import merge
from typing import Any, NamedTuple

from orchestrator.detection.exact import Exact
from orchestrator.intake.event import Event, Position
from orchestrator.intake.json_text import JsonValue


class Slot(NamedTuple):
    """Whose state it is: a rule's, of a customer, by key. Sorts as deadlines of one instant fire."""

    rule: str
    customer: str
    key: str


@dataclass(slots=True)
class Watch:
    """An open observation. `evidence` holds the opening start and every start or touch since, in order; it is never empty.

    `last` is the last of these events itself, kept only where the rule's worth is an expression over it.
    """

    deadline: datetime
    evidence: list[Position]
    last: Event | None = None

    @property
    def opened(self) -> Position:
        return self.evidence[0]

    def move(self, deadline: datetime, event: Event, *, keep: bool) -> None:
        self.deadline = deadline
        self.evidence.append(event.position)
        self.last = event if keep else None

    def last_event(self, customer: str) -> Event:
        """Return the last start or touch: itself where it is kept, else what is known of it."""
        if self.last is not None:
            return self.last
        time, source, identity = self.evidence[-1]
        return Event(source, identity, type="", subject=customer, time=time, data={})

    def merged_with(self, other: "Watch") -> "Watch":
        """Return one watch for two of one rule and key: the later start or touch gives the deadline."""
        later = self if self.evidence[-1] > other.evidence[-1] else other
        return Watch(later.deadline, list(merge(self.evidence, other.evidence)), later.last)

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "deadline": self.deadline.isoformat(),
            "evidence": [_position_json(position) for position in self.evidence],
            "last": _event_json(self.last) if self.last is not None else None,
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "Watch":  # Any: what `to_json` wrote
        last = state["last"]
        return cls(
            deadline=datetime.fromisoformat(state["deadline"]),
            evidence=[_position(entry) for entry in state["evidence"]],
            last=_event(last) if last is not None else None,
        )


class Weighed(NamedTuple):
    """An event in a window, with its weight."""

    position: Position
    weight: Exact


@dataclass(slots=True)
class Window:
    """The events of the last `within` that have been weighed since the window was last emptied, in order."""

    entries: deque[Weighed] = field(default_factory=deque)
    total: Exact = 0

    def add(self, position: Position, weight: Exact, within: timedelta) -> None:
        """Add an event and forget those that are not in `(time - within, time]` any more."""
        self.entries.append(Weighed(position, weight))
        self.total += weight
        time = position.time
        while time - self.entries[0].position.time >= within:
            self.total -= self.entries.popleft().weight

    def merged_with(self, other: "Window") -> "Window":
        return Window(deque(merge(self.entries, other.entries)), self.total + other.total)

    def to_json(self) -> dict[str, JsonValue]:
        return {"entries": [[_position_json(entry.position), str(entry.weight)] for entry in self.entries]}

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "Window":  # Any: what `to_json` wrote
        return cls.of(Weighed(_position(position), _exact(weight)) for position, weight in state["entries"])

    @classmethod
    def of(cls, entries: Iterable[Weighed]) -> "Window":
        kept = deque(entries)
        return cls(kept, sum((entry.weight for entry in kept), start=0))


@dataclass(slots=True)
class CustomerState:
    """A customer as detection knows it. `attributes` always hold `id`; the mapping is replaced, never changed in place."""

    id: str
    attributes: Mapping[str, JsonValue]
    watches: dict[tuple[str, str], Watch] = field(default_factory=dict)  # by (rule, key)
    windows: dict[tuple[str, str], Window] = field(default_factory=dict)

    @classmethod
    def new(cls, customer: str, attributes: Mapping[str, JsonValue] | None = None) -> "CustomerState":
        return cls(customer, {**(attributes or {}), "id": customer})


def _position_json(position: Position) -> list[JsonValue]:
    return [position.time.isoformat(), position.source, position.id]


def _position(entry: list[str]) -> Position:
    time, source, identity = entry
    return Position(datetime.fromisoformat(time), source, identity)


def _exact(text: str) -> Exact:
    number = Fraction(text)
    return number.numerator if number.denominator == 1 else number


def _event_json(event: Event) -> JsonValue:
    return {
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "time": event.time.isoformat(),
        "data": event.data,
    }


def _event(state: Mapping[str, Any]) -> Event:  # Any: what `_event_json` wrote
    return Event(
        source=state["source"],
        id=state["id"],
        type=state["type"],
        subject=state["subject"],
        time=datetime.fromisoformat(state["time"]),
        data=state["data"],
    )
