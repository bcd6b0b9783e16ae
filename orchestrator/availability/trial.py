"""Trying hours out: may somebody be called, by these hours alone, without a customer and without a database?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.availability.agreement import Agreed, agree
from orchestrator.availability.intervals import utc
from orchestrator.availability.verdicts import GateCode
from orchestrator.availability.windows import Windows


class Answer(StrEnum):
    GO = "go"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Trial:
    """`until` (aware UTC) is set for `wait` only. `reasons` are sorted: the gates closed now; for `refuse` those that
    never agree in time, and `expired` where they would agree, but not before the expiry."""

    answer: Answer
    until: datetime | None = None
    reasons: tuple[GateCode, ...] = ()


def try_hours(hours: Mapping[GateCode, Windows], *, at: datetime, expires: datetime | None) -> Trial:
    """Answer for the instant `at` (aware) by the given windows alone. Raises `NaiveTime`."""
    at = utc(at)
    outcome = agree(hours, now=at, expires=None if expires is None else utc(expires))
    if isinstance(outcome, Agreed):
        return Trial(Answer.GO) if outcome.at == at else Trial(Answer.WAIT, outcome.at, outcome.closed)
    codes = {*outcome.gates, GateCode.EXPIRED} if outcome.expiry_decided else set(outcome.gates)
    return Trial(Answer.REFUSE, reasons=tuple(sorted(codes)))
