"""When this customer may be reached where they are, and what says so."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from orchestrator.availability.consent import lifts_hours
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.phones import Phone
from orchestrator.availability.preferences import Preferences
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.rest import Observance, awake
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import Whereabouts, whereabouts
from orchestrator.availability.windows import Intersection, Windows


@dataclass(frozen=True, slots=True)
class CustomerHours:
    """Allowed times and times without rest (None: no rest is kept), each with the figures its verdict keeps."""

    calling: Windows | Unplaced
    calling_from: Mapping[str, str]
    rest: Windows | None
    rest_from: Mapping[str, str]


def customer_hours(
    attributes: Mapping[str, object], number: Phone | None, *, purpose: Purpose, medium: Medium, rest_in: Set[str]
) -> CustomerHours:
    """Return when a customer may be contacted, by their attributes and their number.

    `rest_in` are the countries (ISO alpha-2) whose customers rest on Sabbath and holidays unless they say otherwise.
    """
    where, wish = whereabouts(attributes, phone=number), Preferences.of(attributes)
    lifted, book = lifts_hours(attributes), default_book()
    calling = book.allowed_times(where, purpose=purpose, medium=medium, lifted=lifted)
    told = book.figures(where, purpose=purpose, medium=medium, lifted=lifted)
    if wish.hours is not None and not isinstance(calling, Unplaced):
        calling = Intersection(calling, wish.hours.at(where.zones))
    if wish.state is not None and told:
        told["wish"] = wish.state.value
    rest, rest_from = _rest(where, wish, rest_in)
    return CustomerHours(calling, told, rest, rest_from)


def _rest(where: Whereabouts, wish: Preferences, rest_in: Set[str]) -> tuple[Windows | None, Mapping[str, str]]:
    customary = where.region is not None and where.region.country in rest_in
    observance = wish.rest or (Observance.SABBATH if customary else Observance.NONE)
    windows = awake(where.zones, observance, where.at) if where.zones else None
    if windows is None:
        return None, {}
    return windows, {**where.figures(), "rest_by": "region" if wish.rest is None else "wish"}
