"""Which moment leads an escalation."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID, uuid4

from orchestrator.escalations.lead import strongest

START = datetime(2026, 11, 18, 12, tzinfo=UTC)


@dataclass(slots=True)
class Moment:
    name: str
    purpose: str = "service"
    priority: int = 50
    at: datetime = START
    rule: str = "angry"
    id: UUID = field(default_factory=uuid4)


def test_a_requested_callback_leads_before_service_and_service_before_marketing() -> None:
    asked, service = Moment("asked", "requested_callback", 0), Moment("service", "service", 10)
    marketing = Moment("marketing", "marketing", 100)

    assert strongest([marketing, service, asked]) is asked
    assert strongest([marketing, service]) is service


def test_among_equal_purposes_priority_leads_and_then_age() -> None:
    urgent = Moment("urgent", priority=90, at=START + timedelta(hours=1))
    old, young = Moment("old"), Moment("young", at=START + timedelta(minutes=1))

    assert strongest([young, old, urgent]) is urgent
    assert strongest([young, old]) is old


def test_the_same_moments_have_the_same_lead_in_any_order() -> None:
    moments = [Moment("a"), Moment("b"), Moment("c", rule="bad")]

    assert len({id(strongest(order)) for order in permutations(moments)}) == 1


def test_without_moments_nothing_leads() -> None:
    assert strongest([]) is None
