"""Which calling hours hold for a contact: those of the country and of each state the customer may be in, all at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from orchestrator.availability.calling_hours import CallingHours, CallingHoursDocument, PlacedHours
from orchestrator.availability.hour_packs import Basis, PackDocument, PackHours
from orchestrator.availability.places import Region, zones_of
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import Whereabouts
from orchestrator.availability.windows import Intersection, Windows
from orchestrator.documents import read_document

_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Holding:
    """Hours that hold for a contact, and the file that says so; `pack` is None for the product's default alone."""

    hours: CallingHours
    basis: Basis
    pack: PackDocument | None = None

    def named(self) -> str:
        """Return the file's name and date of review, as decisions keep them: `us-fl 2026-11-22`."""
        if self.pack is not None:
            return f"{self.pack.calling_hours} {self.pack.reviewed}"
        document = self.hours.document
        reviewed = document.reviewed if isinstance(document, CallingHoursDocument) else None
        return _DEFAULT if reviewed is None else f"{_DEFAULT} {reviewed}"


class CallingHoursBook:
    """The product's default and the packs of countries and states. What a place has is computed once and kept."""

    def __init__(self, default: CallingHours, packs: Iterable[PackDocument] = ()) -> None:
        self.default = default
        self.packs = {Region(pack.country, pack.state): pack for pack in packs}
        self._placed: dict[tuple[str, int, Region], CallingHours] = {}

    def holding(self, where: Whereabouts, purpose: Purpose, medium: Medium, *, lifted: bool = False) -> tuple[Holding, ...]:
        """Return all hours that hold for a contact; a call must be allowed by each of them.

        Where the state is unknown, those of every state in which the customer may be hold. `lifted` says that the
        customer's consent to calls at other hours is recorded: hours that consent lifts give way to the default.
        """
        default = Holding(self.default, Basis.PRODUCT)
        if where.region is None:
            return (default,)
        found: list[Holding] = []
        for pack in self._packs_of(where.region, where.zones):
            hours = pack.hours_for(purpose, medium)
            if hours is not None:
                found.append(self._held(pack, hours, where.region, lifted=lifted))
        return tuple(found) or (default,)

    def allowed_times(
        self, where: Whereabouts, *, purpose: Purpose, medium: Medium = Medium.VOICE_PERSON, lifted: bool = False
    ) -> Windows | Unplaced:
        """Return when the customer may be contacted; nowhere known, no time is known to be allowed."""
        place = where.place
        if isinstance(place, Unplaced):
            return place
        holding = self.holding(where, purpose, medium, lifted=lifted)
        windows = [each.hours.at(place.zones, place.margin) for each in holding]
        return windows[0] if len(windows) == 1 else Intersection(*windows)

    def figures(self, where: Whereabouts, *, purpose: Purpose, medium: Medium, lifted: bool = False) -> dict[str, str]:
        """Return what decided, as verdicts keep it: the files with their dates of review, the zones and how they were found."""
        found = where.figures()
        if found:
            found["hours"] = ", ".join(each.named() for each in self.holding(where, purpose, medium, lifted=lifted))
        return found

    def _packs_of(self, region: Region, zones: tuple[str, ...]) -> Iterator[PackDocument]:
        country = self.packs.get(Region(region.country))
        if country is not None:
            yield country
        for place, pack in self.packs.items():
            if place.country != region.country or place.state is None:
                continue
            if place.state == region.state or (region.state is None and not set(zones).isdisjoint(zones_of(place))):
                yield pack

    def _held(self, pack: PackDocument, hours: PackHours, region: Region, *, lifted: bool) -> Holding:
        if not hours.states_hours or (lifted and hours.consent_lifts):
            return Holding(self.default, Basis.PRODUCT, pack)
        key = (pack.calling_hours, pack.hours.index(hours), region)
        if key not in self._placed:
            self._placed[key] = CallingHours(PlacedHours.of(hours, region))
        return Holding(self._placed[key], hours.basis, pack)


@cache
def default_book() -> CallingHoursBook:
    """Return the hours we ship. Raises `BadYaml` for a file that does not fit."""
    folder = resources.files("orchestrator.availability").joinpath("packs")
    raw = {file.name: file.read_bytes() for file in sorted(folder.iterdir(), key=lambda each: each.name)}
    default = CallingHours(read_document(raw.pop(f"{_DEFAULT}.yaml"), CallingHoursDocument, name=f"{_DEFAULT}.yaml"))
    return CallingHoursBook(default, [read_document(text, PackDocument, name=name) for name, text in raw.items()])
