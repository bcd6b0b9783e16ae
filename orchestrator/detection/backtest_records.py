"""Events of a back-test as plain tuples, to be sorted and put down on disk."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from sys import intern
from typing import Any, Final, TypeAlias, cast

from orchestrator.detection.identities import Identities
from orchestrator.intake.event import Event

# Time as `packed`, source, id: the order of events. Then a number, by which came first, type, subject, data, data_base64.
Record: TypeAlias = tuple[bytes, str, str, int, str, str, Any, str | None]
TIME: Final = 0
SOURCE: Final = 1
ID: Final = 2
NUMBER: Final = 3
TYPE: Final = 4
SUBJECT: Final = 5
DATA: Final = 6
IDENTIFIED: Final = "customer.identified"


def packed(time: datetime) -> bytes:
    """Return an aware UTC time in the ten bytes by which it is pickled: they sort as times do, and cost least to read."""
    return cast(bytes, time.__reduce__()[1][0])


def unpacked(state: bytes) -> datetime:
    return datetime(state, UTC)  # type: ignore[arg-type, call-arg]  # noqa: DTZ001  # pickle's form, which typeshed leaves out


def as_record(event: Event, number: int) -> Record:
    # Types and sources are few, met over and over: each is kept once, and written once in a list.
    source, kind = intern(event.source), intern(event.type)
    return packed(event.time), source, event.id, number, kind, event.subject, event.data, event.data_base64


def as_event(record: Record) -> Event:
    time, source, identity, _, kind, subject, data, base64 = record
    return Event(source, identity, kind, subject, unpacked(time), data, base64)


def say_the_same(one: Record, other: Record) -> bool:
    """Say whether two copies of an event differ in nothing but when they came."""
    return one[TIME] == other[TIME] and one[TYPE:] == other[TYPE:]


def unite(identities: Identities, record: Record) -> None:
    """Note what an event of type `IDENTIFIED` says of customers who are one."""
    identities.unite(record[SUBJECT], str(record[DATA]["anonymous_id"]))


def clusters(records: Iterable[Record]) -> Iterable[list[Record]]:
    """Part the records by customer; ids that are one customer at the end stay together from the beginning."""
    by_subject: defaultdict[str, list[Record]] = defaultdict(list)
    identities = Identities()
    for record in records:
        by_subject[record[SUBJECT]].append(record)
        if record[TYPE] == IDENTIFIED:
            unite(identities, record)
    if not identities.aliases:
        return by_subject.values()
    together: defaultdict[str, list[Record]] = defaultdict(list)
    for subject, own in by_subject.items():
        together[identities.resolve(subject)] += own
    return together.values()
