"""Calling hours of a country or one of its states as a reviewed document: by purpose and medium, with source and date."""

from enum import StrEnum
from itertools import product
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.availability.hours import Day, DayWindows, Document, Hours
from orchestrator.availability.place_holidays import knows_holidays
from orchestrator.availability.places import is_country, state_named
from orchestrator.availability.purposes import Medium, Purpose


class Basis(StrEnum):
    """What the hours rest on."""

    LAW = "law"
    GUIDE = "guide"  # what an industry or an authority asks for, without being law
    PRODUCT = "product"  # no hours in law: our own default


def _fault(reason: str, fix: str) -> PydanticCustomError:
    return PydanticCustomError("bad_pack", "{reason}", {"reason": reason, "fix": fix})


def _country(code: str) -> str:
    if is_country(code):
        return code
    raise _fault("there is no such country", "give an ISO alpha-2 code in capitals, such as IL")


class PackHolidays(Document):
    """Public holidays of the customer's place: closed, or with `hours`. `eves` and `memorial_eves` narrow the day before."""

    hours: DayWindows = Field(default_factory=list)
    eves: DayWindows | None = None
    memorial_eves: DayWindows | None = None


class PackHours(Hours):
    """Hours for some purposes and media. Without `weekly` the product's default holds; `consent_lifts` them back to it."""

    purposes: Annotated[list[Purpose], Field(min_length=1)]
    media: Annotated[list[Medium], Field(min_length=1)]
    basis: Basis
    holidays: PackHolidays | None = None
    consent_lifts: StrictBool = False

    @property
    def states_hours(self) -> bool:
        return "weekly" in self.model_fields_set

    @model_validator(mode="after")
    def _is_founded(self) -> Self:
        if not self.states_hours and self.basis is not Basis.PRODUCT:
            raise _fault("hours of law or of a guide are not stated", "add weekly, or let the basis be product")
        if not self.states_hours and (self.days or self.holidays is not None):
            raise _fault("days and holidays stand beside no week", "add weekly, or leave them out")
        return self

    def covers(self, purpose: Purpose, medium: Medium) -> bool:
        return purpose in self.purposes and medium in self.media


class PackDocument(Document):
    """A country's hours, or a state's, which narrow those of its country."""

    calling_hours: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    country: Annotated[str, AfterValidator(_country)]
    state: str | None = None
    source: Annotated[str, Field(min_length=10)]
    reviewed: Day
    note: str | None = None
    hours: Annotated[list[PackHours], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.state is not None and state_named(self.country, self.state) != self.state:
            raise _fault("there is no such state", "give its code as the country writes it, such as FL")
        if any(each.holidays is not None for each in self.hours) and not knows_holidays(self.country):
            raise _fault("no holidays are known for this country", "list the dates in days, and leave holidays out")
        if self.country != "IL" and any(each.holidays and each.holidays.memorial_eves for each in self.hours):
            raise _fault("memorial evenings are known for IL alone", "leave memorial_eves out")
        for purpose, medium in product(Purpose, Medium):
            _covered_once(self, purpose, medium)
        return self

    def hours_for(self, purpose: Purpose, medium: Medium) -> PackHours | None:
        """Return what holds for a contact; None where a state adds nothing to its country."""
        return next((each for each in self.hours if each.covers(purpose, medium)), None)


def _covered_once(pack: PackDocument, purpose: Purpose, medium: Medium) -> None:
    times = sum(each.covers(purpose, medium) for each in pack.hours)
    if times > 1:
        raise _fault(f"hours of {purpose} by {medium} are given twice", "let one entry alone cover them")
    if times == 0 and pack.state is None:
        fix = "add an entry for them, with basis product where no law says any"
        raise _fault(f"hours of {purpose} by {medium} are missing", fix)
