"""When this customer may be reached where they are, and what says so."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.availability.consent import lifts_hours
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.phones import Phone
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import whereabouts
from orchestrator.availability.windows import Windows


@dataclass(frozen=True, slots=True)
class CustomerHours:
    """Allowed times, and the figures a verdict keeps of them."""

    windows: Windows | Unplaced
    figures: Mapping[str, str]


def calling_of(attributes: Mapping[str, object], number: Phone | None, *, purpose: Purpose, medium: Medium) -> CustomerHours:
    """Return when a customer may be contacted, by their attributes and their number."""
    where = whereabouts(attributes, phone=number)
    lifted, book = lifts_hours(attributes), default_book()
    return CustomerHours(
        windows=book.allowed_times(where, purpose=purpose, medium=medium, lifted=lifted),
        figures=book.figures(where, purpose=purpose, medium=medium, lifted=lifted),
    )
