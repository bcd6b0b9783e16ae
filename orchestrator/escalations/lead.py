"""Which of an escalation's moments leads it: plan, queue, purpose and priority come from the strongest one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from orchestrator.availability.purposes import Purpose

_STRENGTH = {Purpose.REQUESTED_CALLBACK: 0, Purpose.SERVICE: 1, Purpose.MARKETING: 2}


class Leading(Protocol):
    """What a moment is compared by."""

    id: UUID
    at: datetime
    rule: str
    purpose: str
    priority: int


Candidate = TypeVar("Candidate", bound=Leading)


@dataclass(frozen=True, slots=True, order=True)
class _Rank:
    purpose: int
    priority: int
    at: datetime
    rule: str
    id: UUID


def strongest(moments: Iterable[Candidate]) -> Candidate | None:
    """Return the moment that leads: requested callback before service before marketing, then priority, then age.

    Rule and id only settle what is equal so far, so that the same moments always have the same lead.
    """
    return min(moments, key=_rank, default=None)


def _rank(moment: Leading) -> _Rank:
    return _Rank(_STRENGTH[Purpose(moment.purpose)], -moment.priority, moment.at, moment.rule, moment.id)
