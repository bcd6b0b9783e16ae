"""What a country asks before somebody is called for marketing: its do-not-call registry, and peace after a refusal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Annotated

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field

from orchestrator.availability.phones import Phone
from orchestrator.documents import read_document

# What tells of a deal's end: a marketing call on these grounds offers to extend it.
CONTRACT_EVENTS = ("contract.started", "contract.renewed", "contract.ended")


class Sector(StrEnum):
    """What the organisation that calls does, as far as laws tell it apart."""

    BANK = "bank"
    INSURANCE = "insurance"
    FINANCE = "finance"
    TELECOM = "telecom"
    ENERGY = "energy"
    RETAIL = "retail"
    OTHER = "other"


class _Reviewed(BaseModel):
    """Every fact says where it is from, and when a person last looked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[str, Field(min_length=1)]
    reviewed: date


class RegistryRule(_Reviewed):
    """A country's registry: how old its list may be, and what opens it nevertheless. A requested callback always does."""

    name: str
    name_he: str
    max_age_days: Annotated[int, Field(gt=0)]
    consent_valid_days: Annotated[int, Field(gt=0)] | None = None  # of a consent with its proof, from the day it was given
    transaction: bool = False  # a deal in force opens it for what concerns that deal
    renewal_needs_consent: bool = False  # … but not for an offer to extend it
    sectors_outside: tuple[Sector, ...] = ()

    @property
    def max_age(self) -> timedelta:
        return timedelta(days=self.max_age_days)

    @property
    def consent_valid(self) -> timedelta | None:
        return None if self.consent_valid_days is None else timedelta(days=self.consent_valid_days)


class RefusalRule(_Reviewed):
    """How long nobody who declined is called for marketing again. `sectors` empty: whoever calls."""

    days: Annotated[int, Field(gt=0)]
    sectors: tuple[Sector, ...] = ()


class CountryRules(BaseModel):
    """One file: the rules of one country."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    registry: RegistryRule | None = None
    refusals: tuple[RefusalRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Peace:
    """A customer `declined` at some time, and is left alone `until` (aware UTC) for marketing."""

    declined: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """What a country's registry says of one number: the list's date (None: none was imported), whether it stands in it.

    `renewal`: the contact rests on a deal's end, so it offers to extend it.
    """

    rule: RegistryRule
    as_of: datetime | None
    listed: bool = False
    renewal: bool = False

    def is_stale(self, now: datetime) -> bool:
        return self.as_of is None or now > self.as_of + self.rule.max_age


@cache
def marketing_rules() -> Mapping[str, CountryRules]:
    """Return the rules we ship, by country (ISO alpha-2)."""
    folder = resources.files("orchestrator.availability").joinpath("marketing")
    files = sorted(folder.iterdir(), key=lambda each: each.name)
    read = [read_document(each.read_bytes(), CountryRules, name=each.name) for each in files if each.name.endswith(".yaml")]
    return {rules.country: rules for rules in read}


def registry_of(country: str | None, sector: Sector | None) -> RegistryRule | None:
    """Return the registry that binds who calls a number of this country, None where none does."""
    rules = None if country is None else marketing_rules().get(country)
    known = None if rules is None else rules.registry
    return None if known is None or sector in known.sectors_outside else known


def peace_after(declined: datetime, countries: Iterable[str], sector: Sector | None) -> Peace | None:
    """Return how long a customer who declined is left alone: the longest that one of `countries` asks; None for none."""
    rules = [rule for country in countries if country in marketing_rules() for rule in marketing_rules()[country].refusals]
    days = [rule.days for rule in rules if not rule.sectors or sector in rule.sectors]
    return Peace(declined, declined + timedelta(days=max(days))) if days else None


def country_of(phone: Phone) -> str | None:
    """Return the country (ISO alpha-2) that a number belongs to, None for one of no country."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    return region if region is not None and region.isalpha() else None
