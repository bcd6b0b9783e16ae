"""The moments of a back-test as they are written: sorted, and more than fit into memory."""

from collections.abc import Iterator
from heapq import merge
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from orchestrator.detection.backtest_records import packed
from orchestrator.detection.backtest_replay import JudgedMoment
from orchestrator.detection.verdicts import Verdict
from orchestrator.intake.json_text import JsonValue
from orchestrator.intake.timestamps import format_milliseconds
from orchestrator.storage.spill import MOST, Chunk, Spill, flat

_PIECE = 128  # of each run that is merged, so many moments are in memory

# At (RFC 3339, cut to ms), rule, customer, key, at (packed): written so, a text sorts as its time.
_Order: TypeAlias = tuple[str, str, str, str, bytes]
_by_order = itemgetter(0)


class WrittenMoment(NamedTuple):
    """A moment in plain values; evidence is `"<source> <id>"`."""

    order: _Order
    evidence: list[str]
    verdict: Verdict

    @classmethod
    def of(cls, moment: JudgedMoment) -> "WrittenMoment":
        at = moment.at
        order = format_milliseconds(at), moment.rule, moment.customer, moment.key, packed(at)
        return cls(order, moment.found.evidence_texts(), moment.verdict)

    @property
    def rule(self) -> str:
        return self.order[1]

    def as_object(self) -> dict[str, JsonValue]:
        """Return one line of `--moments`."""
        at, rule, customer, key, _ = self.order
        evidence: list[JsonValue] = list(self.evidence)
        return {
            "rule": rule,
            "customer": customer,
            "key": key,
            "at": at,
            "evidence": evidence,
            "verdict": self.verdict.value,
        }


class SortedMoments:
    """Moments, read in the order in which they are written, as often as one likes. `most` of them are sorted at once."""

    def __init__(self, spill: Spill, *, most: int = MOST) -> None:
        self._spill, self._most = spill, most
        self._held: list[tuple[_Order, list[str], str]] = []
        self._runs: list[list[Chunk]] = []

    def add(self, moment: JudgedMoment) -> None:
        order, evidence, verdict = WrittenMoment.of(moment)
        self._held.append((order, evidence, verdict.value))
        if len(self._held) >= self._most:
            self._held.sort(key=_by_order)
            pieces = (self._held[start : start + _PIECE] for start in range(0, self._most, _PIECE))
            self._runs.append([self._spill.put(piece) for piece in pieces])
            self._held.clear()

    def __iter__(self) -> Iterator[WrittenMoment]:
        self._held.sort(key=_by_order)
        runs = [flat(map(self._spill.get, chunks)) for chunks in self._runs]
        for order, evidence, verdict in merge(*runs, self._held, key=_by_order):
            yield WrittenMoment(order, evidence, Verdict(verdict))
