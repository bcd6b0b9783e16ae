"""Several ids, one customer: which id a subject means today, and what merging does to the states."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.states import CustomerState, Slot


class Identities:
    """Which customer each subject is. A subject that was never merged into another is itself."""

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self.aliases: dict[str, str] = dict(aliases or {})

    def resolve(self, subject: str) -> str:
        aliases = self.aliases
        if subject not in aliases:
            return subject
        kept = subject
        while kept in aliases:
            kept = aliases[kept]
        while aliases[subject] != kept:  # shorten the way for the next time
            aliases[subject], subject = kept, aliases[subject]
        return kept

    def unite(self, kept: str, other: str) -> str | None:
        """Let `other` be `kept` from now on. Return the customer that is merged away, None where both are one already."""
        kept, other = self.resolve(kept), self.resolve(other)
        if kept == other:
            return None
        self.aliases[other] = kept
        return other


def merge_states(kept: CustomerState, other: CustomerState, rules: Rulebook) -> Iterator[tuple[Slot, datetime | None]]:
    """Move the other's attributes, watches and windows to the kept customer, whose own attributes win.

    Yields every slot that changed, the kept one with the deadline of its watch. Nothing fires: sums are compared when an
    event is added.
    """
    kept.attributes = {**other.attributes, **kept.attributes}
    for (rule, key), watch in other.watches.items():
        own = (rule, rekeyed(rules, rule, key, kept.id, other.id))
        mine = kept.watches.get(own)
        merged = kept.watches[own] = watch if mine is None else mine.merged_with(watch)
        yield Slot(rule, other.id, key), None
        yield Slot(rule, kept.id, own[1]), merged.deadline
    for (rule, key), window in other.windows.items():
        own = (rule, rekeyed(rules, rule, key, kept.id, other.id))
        mine_too = kept.windows.get(own)
        kept.windows[own] = window if mine_too is None else mine_too.merged_with(window)
        yield Slot(rule, other.id, key), None
        yield Slot(rule, kept.id, own[1]), None


def rekeyed(rules: Rulebook, rule: str, key: str, kept: str, other: str) -> str:
    """Return the key under which the kept customer has what was the other's: without a key of its own, a rule's is the id."""
    known = rules.get(rule)
    return kept if known is not None and known.key is None and key == other else key
