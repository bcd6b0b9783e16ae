"""Attempts as rules see them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from orchestrator.telephony.attempts import AGENT_FIRST, CUSTOMER_FIRST
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """Return an instant so long after the attempt was submitted."""
    return START + timedelta(seconds=seconds)


def an_attempt(**given: Any) -> AttemptRow:
    """Return a submitted customer's leg of a customer-first call."""
    values: dict[str, Any] = {
        "token": "token-1",
        "request": "request-1",
        "escalation_id": uuid4(),
        "customer_id": uuid4(),
        "rule": "incomplete-checkout",
        "leg": Leg.CUSTOMER,
        "flow": CUSTOMER_FIRST,
        "medium": "voice_recorded",
        "step": 0,
        "language": "en",
        "about": "the order you began",
        "to_number": "+15005550001",
        "from_number": "+15005550006",
        "state": AttemptState.SUBMITTING,
        "prepared_at": START,
        "submitted_at": START,
        "conference": "room-1",
    }
    return AttemptRow(**values | given)


def an_agents_leg(**given: Any) -> AttemptRow:
    return an_attempt(**{"leg": Leg.AGENT, "flow": AGENT_FIRST, "medium": "voice_person", "token": "token-2"} | given)
