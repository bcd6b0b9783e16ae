"""The files of calling hours as lists show them: where each holds, what it says, where that is from, when it was reviewed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from orchestrator.availability.calling_hours import CallingHoursDocument
from orchestrator.availability.hour_packs import Basis, PackDocument, PackHolidays, PackHours
from orchestrator.availability.hours import Weekly
from orchestrator.availability.hours_book import CallingHoursBook
from orchestrator.availability.places import Region
from orchestrator.availability.purposes import Medium, Purpose

REVIEW_EVERY = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class ListedHours:
    """Hours for some purposes and media. `weekly` None: the product's default holds."""

    purposes: tuple[Purpose, ...]
    media: tuple[Medium, ...]
    basis: Basis
    weekly: Weekly | None
    holidays: PackHolidays | None = None
    consent_lifts: bool = False


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file. `place` None: it holds wherever no other does. `overdue`: nobody has reviewed it for a year."""

    name: str
    place: Region | None
    source: str
    reviewed: date
    overdue: bool
    note: str | None
    hours: tuple[ListedHours, ...]


def listing(book: CallingHoursBook, *, today: date) -> tuple[ListedFile, ...]:
    """Return the product's default, then every country by its code, each before its states."""
    packs = sorted(book.packs.values(), key=lambda pack: (pack.country, pack.state or ""))
    return (*_default(book, today), *(_pack(pack, today) for pack in packs))


def _default(book: CallingHoursBook, today: date) -> Iterator[ListedFile]:
    document = book.default.document
    if isinstance(document, CallingHoursDocument) and document.reviewed is not None:
        hours = ListedHours(tuple(Purpose), tuple(Medium), Basis.PRODUCT, document.weekly)
        source, reviewed = document.source or "", document.reviewed
        yield ListedFile("default", None, source, reviewed, is_overdue(reviewed, today), None, (hours,))


def _pack(pack: PackDocument, today: date) -> ListedFile:
    return ListedFile(
        name=pack.calling_hours,
        place=Region(pack.country, pack.state),
        source=pack.source,
        reviewed=pack.reviewed,
        overdue=is_overdue(pack.reviewed, today),
        note=pack.note,
        hours=tuple(_hours(each) for each in pack.hours),
    )


def _hours(hours: PackHours) -> ListedHours:
    return ListedHours(
        purposes=tuple(hours.purposes),
        media=tuple(hours.media),
        basis=hours.basis,
        weekly=hours.weekly if hours.states_hours else None,
        holidays=hours.holidays,
        consent_lifts=hours.consent_lifts,
    )


def is_overdue(reviewed: date, today: date) -> bool:
    """Say whether a file was last reviewed more than a year ago."""
    return today - reviewed > REVIEW_EVERY
