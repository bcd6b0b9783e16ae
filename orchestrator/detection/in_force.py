"""The rules in force and how they run: live or in shadow, since when, and what a paused one still does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestrator.detection.compiled import Absence, CompiledRule, Detector, Occurrence, Score
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.tables import Mode

Pause = tuple[datetime, datetime | None]


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule as it runs now. It sees what arrives from `since` on, but for what arrived in its `pauses`."""

    rule: CompiledRule
    version: int
    mode: Mode
    since: datetime
    pauses: tuple[Pause, ...] = ()
    paused: bool = False

    def saw(self, arrived: datetime) -> bool:
        if arrived < self.since:
            return False
        return not any(begin <= arrived and (end is None or arrived < end) for begin, end in self.pauses)


@dataclass(frozen=True, slots=True)
class ActiveRules:
    """All rules in force, for the engine and by name. `strays` are other versions that open moments were found by:
    of those only `resolve` is held against events, each in a rulebook of its own.
    """

    revision: int
    rulebook: Rulebook
    in_force: Mapping[str, RuleInForce]
    strays: tuple[Rulebook, ...] = ()
    said_in_words: frozenset[str] = field(default_factory=frozenset)  # rules that look for angry phrases

    @property
    def keyless(self) -> list[str]:
        """Rules whose key is the customer's id."""
        return [rule.name for rule in self.rulebook if rule.key is None]

    def means_nothing(self, event_type: str) -> bool:
        """Say whether events of this type concern no rule and change no customer."""
        return self.rulebook.plan(event_type).is_empty and all(stray.plan(event_type).is_empty for stray in self.strays)


def watching(detector: Detector) -> Detector:
    """Return a detector that finds and opens nothing new, but still sees that a customer did what was waited for.

    So a paused rule's watch is satisfied by an `until`: were it not, resuming would call somebody who has bought.
    """
    match detector:
        case Absence():
            return replace(detector, start=(), touch=detector.start + detector.touch)
        case Score():
            return replace(detector, events=())
        case Occurrence():
            return deaf(detector)


def deaf(detector: Detector) -> Detector:
    """Return a detector that takes notice of nothing."""
    match detector:
        case Absence():
            return replace(detector, start=(), touch=(), until=())
        case Score():
            return replace(detector, events=(), until=())
        case Occurrence():
            return replace(detector, on=())
