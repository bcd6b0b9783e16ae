"""The calling hours that hold, by country and state, with their source and the date of their review."""

from datetime import date

from fastapi import APIRouter

from api.dependencies import Now, Supervisor
from api.schemas import View
from orchestrator.availability.hour_packs import Basis, PackHolidays
from orchestrator.availability.hours import Weekly
from orchestrator.availability.hours_book import default_book
from orchestrator.availability.hours_listing import ListedFile, ListedHours, listing
from orchestrator.availability.purposes import Medium, Purpose

router = APIRouter(prefix="/v1/calling-hours", tags=["availability"])


class HoursView(View):
    """`weekly` is null where the product's default holds. `holidays` null: public holidays are as other days."""

    purposes: list[Purpose]
    media: list[Medium]
    basis: Basis
    weekly: Weekly | None
    holidays: PackHolidays | None
    consent_lifts: bool

    @classmethod
    def of(cls, hours: ListedHours) -> "HoursView":
        return cls(
            purposes=list(hours.purposes),
            media=list(hours.media),
            basis=hours.basis,
            weekly=hours.weekly,
            holidays=hours.holidays,
            consent_lifts=hours.consent_lifts,
        )


class CallingHoursView(View):
    """`country` is null for the product's default. `overdue`: the last review is more than a year ago."""

    name: str
    country: str | None
    state: str | None
    source: str
    reviewed: date
    overdue: bool
    note: str | None
    hours: list[HoursView]

    @classmethod
    def of(cls, file: ListedFile) -> "CallingHoursView":
        return cls(
            name=file.name,
            country=None if file.place is None else file.place.country,
            state=None if file.place is None else file.place.state,
            source=file.source,
            reviewed=file.reviewed,
            overdue=file.overdue,
            note=file.note,
            hours=[HoursView.of(each) for each in file.hours],
        )


@router.get("", summary="The calling hours that hold, by country and state, with source and date of review")
async def list_calling_hours(_: Supervisor, now: Now) -> list[CallingHoursView]:
    return [CallingHoursView.of(file) for file in listing(default_book(), today=now.date())]
