"""What an agent may not see of a customer, told from all that is known of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.hidden_fields import HIDDEN, Veil
from orchestrator.insights.stories import Story
from orchestrator.insights.why_past import recent_events
from orchestrator.intake.tables import CustomerRow, EventRow


def veil_over(customer: CustomerRow, events: Iterable[EventRow], names: Sequence[str], *, word: str = HIDDEN) -> Veil:
    """Return what hides the fields of these names, and the values they have; `word` stands in their place."""
    return Veil.over([customer.attributes, *(event.data for event in events)], names, word=word)


async def veil_of_case(session: AsyncSession, known: Story, names: Sequence[str], *, now: datetime, word: str = HIDDEN) -> Veil:
    """Return the veil over a case's customer: what it stands on, and what they did of late."""
    events = [*known.evidence, *await recent_events(session, known.customer.id, now=now)] if names else ()
    return veil_over(known.customer, events, names, word=word)
