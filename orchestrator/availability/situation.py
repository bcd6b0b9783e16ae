"""Everything a decision about one contact depends on, gathered by the caller, so that deciding itself is pure.

All times are aware UTC. What does not apply is None or empty: a queue without a calendar has no `business` windows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from orchestrator.availability.consent import NOTHING_SAID, Wishes
from orchestrator.availability.marketing_rules import Listing, Peace
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.statements import Statement
from orchestrator.availability.windows import Windows
from orchestrator.errors import BadInput


class ContactKind(StrEnum):
    DIAL = "dial"  # an attempt counts, whether or not anybody answered
    MESSAGE = "message"
    INBOUND = "inbound"  # the customer's own contact: counts toward caps on marketing only


@dataclass(frozen=True, slots=True)
class Contact:
    """One past contact of the customer, or of somebody at the same number."""

    at: datetime
    kind: ContactKind
    rule: str | None = None
    medium: Medium | None = None  # None: the customer's own contact
    subjects: frozenset[str] = frozenset()  # the moments it was about


class CapHolder(StrEnum):
    """Whose contacts a cap counts."""

    CUSTOMER = "customer"
    NUMBER = "number"  # whoever it belongs to: families share phones


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` contacts in any stretch of `within`: rolling, not by calendar day.

    `rule` None: over all rules. `holder` None: held against the customer's contacts and the number's, each. `same_subject`
    counts only what was about the same moment; `media` (empty: all) both which contacts it holds back and which it counts.
    `law` names the country or state that demands it.
    """

    limit: int
    within: timedelta
    rule: str | None = None
    holder: CapHolder | None = None
    same_subject: bool = False
    media: frozenset[Medium] = frozenset()
    law: str | None = None

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise BadInput("a cap of no contact at all", field="limit", fix="give at least 1, or pause the rule")


@dataclass(frozen=True, slots=True)
class Worth:
    """What the call is worth, as evaluated when the moment was found. `value` None: it did not evaluate to a number."""

    value: float | None
    chance: float
    call_cost: float


@dataclass(frozen=True, slots=True)
class Cooldown:
    """`last` is when the rule last led to an escalation of this customer, the present one left out."""

    last: datetime
    length: timedelta


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who could speak now. `per_agent` is how many open tasks one agent on duty may have ahead; None: any number.

    `promise` is what the customer would be told now, None where nothing would be; `forecast_wait` how long they would wait.
    """

    agents_on_duty: int
    open_tasks: int = 0
    per_agent: int | None = None
    forecast_wait: timedelta | None = None
    promise: timedelta | None = None


class BudgetKind(StrEnum):
    CALLS = "calls"
    MONEY = "money"


class SwitchScope(StrEnum):
    EVERYTHING = "everything"
    QUEUE = "queue"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Budget:
    """`spent` of `limit` in the present hour or day, which ends at `renews_at`. `cost` is what this contact would add."""

    kind: BudgetKind
    spent: float
    limit: float
    renews_at: datetime
    cost: float = 0
    scope: SwitchScope = SwitchScope.EVERYTHING

    @property
    def is_used_up(self) -> bool:
        # Money is counted to the millionth, so that sums of decimal prices come out even.
        return self.spent >= self.limit or round(self.spent + self.cost, 6) > self.limit


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Nobody knows where the customer is, so no hour is known to be allowed. `why` is a key of `sentences`."""

    why: str


class CalendarVersion(NamedTuple):
    """Which calendar `business` comes from, as it was saved then."""

    calendar: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One contact that might be made: for whom, why, by which medium, and what stands for and against it.

    `calling` comes from `calling_hours.allowed_times`; `business` from `Calendar.open_times`, emergency closes that end
    included. One without an end is no matter of windows: `closed_from` is when it begins, and it holds until it is lifted.
    `contacts` are the customer's, `number_contacts` those of the number whoever it belongs to: each is held against
    every cap. `calling_from` and `rest_from` tell what decided the hours and the rest, as figures. `switches` are those thrown
    now that cover this contact. `promised`: words went out and the promise stands.
    `subject` is the name of the moment the contact is about; `said` is what was recorded of the customer's wishes, oldest
    first. `listing` and `peace` concern marketing alone: the registry that binds this number, and a refusal not long ago.
    `not_before` is the end of the late grace. `recheck` is how soon to look again at what no clock can foretell.
    """

    purpose: Purpose
    medium: Medium
    calling: Windows | Unplaced
    rule: str | None = None
    subject: str | None = None  # the moment that leads: what the contact is about
    expires_at: datetime | None = None
    resolved: bool = False
    erased: bool = False
    in_live_contact: bool = False
    promised: bool = False
    requested_at: datetime | None = None
    wishes: Wishes = NOTHING_SAID
    said: tuple[Statement, ...] = ()
    listing: Listing | None = None
    peace: Peace | None = None
    worth: Worth | None = None
    control: bool = False
    cooldown: Cooldown | None = None
    caps: tuple[Cap, ...] = ()
    contacts: tuple[Contact, ...] = ()
    number_contacts: tuple[Contact, ...] = ()
    rest: Windows | None = None
    business: Windows | None = None
    closed_from: datetime | None = None
    calendar: CalendarVersion | None = None
    not_before: datetime | None = None
    staffing: Staffing | None = None
    budgets: tuple[Budget, ...] = ()
    switches: tuple[SwitchScope, ...] = ()
    recheck: timedelta = timedelta(seconds=30)
    calling_from: Mapping[str, str] = field(default_factory=dict)
    rest_from: Mapping[str, str] = field(default_factory=dict)
