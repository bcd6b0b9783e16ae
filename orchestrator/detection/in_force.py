"""The rules in force and how they run: live or in shadow, since when, and what a paused one still does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestrator.detection.compiled import Absence, CompiledRule, Detector, Occurrence, Score
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.tables import Mode

Pause = tuple[datetime, datetime | None]
_BESIDE = "@shadow"  # no rule's own name holds such a sign


@dataclass(frozen=True, slots=True)
class RuleInForce:
    """A rule as it runs now. It sees what arrives from `since` on, but for what arrived in its `pauses`."""

    rule: CompiledRule
    version: int
    mode: Mode
    since: datetime
    pauses: tuple[Pause, ...] = ()
    paused: bool = False

    @classmethod
    def beside(cls, rule: CompiledRule, version: int, since: datetime) -> "RuleInForce":
        """Return a version that is tried in shadow while another is in force: the engine knows it by a name of its own."""
        return cls(replace(rule, name=rule.name + _BESIDE), version, Mode.SHADOW, since)

    @property
    def name(self) -> str:
        """The name that everybody but the engine knows the rule by."""
        return self.rule.document.rule

    @property
    def is_beside(self) -> bool:
        return self.rule.name != self.name

    def saw(self, arrived: datetime) -> bool:
        if arrived < self.since:
            return False
        return not any(begin <= arrived and (end is None or arrived < end) for begin, end in self.pauses)


@dataclass(frozen=True, slots=True)
class ActiveRules:
    """All rules in force, for the engine and by its names. `strays` are other versions that open moments were found by:
    of those only `resolve` is held against events, each in a rulebook of its own.
    """

    revision: int
    rulebook: Rulebook
    in_force: Mapping[str, RuleInForce]
    strays: tuple[Rulebook, ...] = ()
    said_in_words: frozenset[str] = field(default_factory=frozenset)  # rules that look for angry phrases

    @property
    def keyless(self) -> list[tuple[str, Mode]]:
        """Rules whose key is the customer's id, each with the modes it runs in."""
        known = self.in_force.values()
        return [
            (each.name, mode)
            for each in known
            for mode in Mode
            if each.rule.key is None and self.engine_name(each.name, mode) == each.rule.name
        ]

    @property
    def beside(self) -> list[RuleInForce]:
        """The versions that are tried in shadow while another one of their rule is in force."""
        return [each for each in self.in_force.values() if each.is_beside]

    def engine_name(self, rule: str, mode: Mode) -> str:
        """Return by which name the engine knows a rule whose row is of this mode."""
        beside = rule + _BESIDE
        return beside if mode is Mode.SHADOW and beside in self.in_force else rule

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
