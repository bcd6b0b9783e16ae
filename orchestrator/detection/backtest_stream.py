"""A back-test of any number of events: what does not fit into memory lies on disk, and memory holds one part at a time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orchestrator.detection.backtest_moments import SortedMoments
from orchestrator.detection.backtest_records import (
    ID,
    IDENTIFIED,
    SOURCE,
    SUBJECT,
    TIME,
    Record,
    as_record,
    packed,
    say_the_same,
    unite,
    unpacked,
)
from orchestrator.detection.backtest_replay import Replay, RuleTally
from orchestrator.detection.backtest_totals import Totals
from orchestrator.detection.identities import Identities
from orchestrator.detection.progress import Phase, Progress, untold
from orchestrator.detection.rulebook import Rulebook
from orchestrator.intake.event import Event
from orchestrator.intake.event_files import EventCounts
from orchestrator.storage.spill import MOST, Parted, Spill


@dataclass(frozen=True, slots=True)
class Asked:
    """Events up to `until` are applied and deadlines up to it pass: the latest time of any accepted event without it.

    Moments before `since` are found, and not counted. Where nobody reads the moments themselves they need not be kept.
    """

    since: datetime | None = None
    until: datetime | None = None
    salt: str = ""
    keeps_moments: bool = True


@dataclass(frozen=True, slots=True)
class Streamed:
    """The T that was reached, a tally for every rule, and the moments: summed up, and in their order where they were kept."""

    until: datetime | None
    tallies: dict[str, RuleTally]
    totals: Totals
    moments: SortedMoments


@dataclass(slots=True)
class Accepted:
    """The events to be played, parted by customer, how many they are, and the latest time of all that were accepted."""

    parted: Parted[Record]
    count: int = 0
    latest: datetime | None = None


class Arrivals:
    """Events as they are read, in any order, copies among them. At most `most` of them are in memory."""

    def __init__(self, spill: Spill, *, most: int = MOST) -> None:
        self.spill, self.most = spill, most
        self.count = 0
        self._parted: Parted[Record] = Parted(spill, most=most)
        # Who is one customer by any of the events, even a copy: they are to lie in one part. The replay looks closer.
        self._together = Identities()

    def add(self, event: Event) -> None:
        record = as_record(event, self.count)
        self.count += 1
        self._parted.add(hash((event.source, event.id)), record)
        if event.type == IDENTIFIED:
            unite(self._together, record)

    def accepted(self, until: datetime | None, counts: EventCounts, progress: Progress) -> Accepted:
        """Return the first copy of each event, but for those after `until`. May be asked once."""
        result = Accepted(Parted(self.spill, most=self.most))
        last, latest = packed(until) if until is not None else None, b""
        done = 0
        for part in self._parted.parts():
            for record in first_copies(part, counts):
                latest = max(latest, record[TIME])
                if last is None or record[TIME] <= last:
                    result.count += 1
                    result.parted.add(hash(self._together.resolve(record[SUBJECT])), record)
            done += len(part)
            progress(Phase.SORTING, done, self.count)
        result.latest = unpacked(latest) if latest else None
        return result


def first_copies(records: Iterable[Record], counts: EventCounts) -> Iterable[Record]:
    """Return the first record of each (source, id), and count them and the others."""
    kept: dict[tuple[str, str], Record] = {}
    for record in records:
        first = kept.setdefault((record[SOURCE], record[ID]), record)
        if first is not record:
            counts.duplicates += 1
            counts.differing += not say_the_same(first, record)
    counts.accepted += len(kept)
    return kept.values()


def stream_backtest(
    rules: Rulebook, arrivals: Arrivals, counts: EventCounts, asked: Asked, *, progress: Progress = untold
) -> Streamed:
    """Apply the events in order, and let the deadlines pass; count copies in `counts`.

    Moments stay readable while the spill of `arrivals` is open.
    """
    accepted = arrivals.accepted(asked.until, counts, progress)
    until = asked.until or accepted.latest
    moments_kept = SortedMoments(arrivals.spill, most=arrivals.most)
    result = Streamed(until, {rule.name: RuleTally() for rule in rules}, Totals(asked.salt), moments_kept)
    if until is None:
        return result
    replay = Replay(rules, until, result.tallies, salt=asked.salt, since=asked.since)
    for part in accepted.parted.parts():
        for moments in replay.play(part):
            result.totals.add(moments)
            for moment in moments if asked.keeps_moments else ():
                moments_kept.add(moment)
            progress(Phase.RUNNING, replay.done, accepted.count)
    return result
