"""How a customer's wishes stand now: what the gates of consent and do-not-call would say, whatever the contact is about."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.permission import consent, do_not_call
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.verdicts import GateState, Verdict
from orchestrator.escalations.gathering import situation_of
from orchestrator.escalations.prospect import Prospect
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.telephony.numbers import customer_number

_WAYS = (
    (Purpose.SERVICE, Medium.VOICE_PERSON),
    (Purpose.SERVICE, Medium.VOICE_RECORDED),
    (Purpose.SERVICE, Medium.SMS),
    (Purpose.MARKETING, Medium.VOICE_PERSON),
    (Purpose.MARKETING, Medium.VOICE_RECORDED),
    (Purpose.MARKETING, Medium.SMS),
)


@dataclass(frozen=True, slots=True)
class Stand:
    """One way to contact the customer, and what both gates say of it. Words about single topics may still differ."""

    purpose: Purpose
    medium: Medium
    consent: Verdict
    calls: Verdict

    @property
    def allowed(self) -> bool:
        return self.consent.state is self.calls.state is GateState.OPEN


async def stands(session: AsyncSession, customer: CustomerRow, *, now: datetime, settings: Settings) -> list[Stand]:
    """Return how each way to contact the customer stands now."""
    found = []
    for purpose, medium in _WAYS:
        prospect = Prospect(
            customer=customer,
            phone=customer_number(customer.attributes, settings),
            rule="",
            version=0,
            purpose=purpose,
            medium=medium,
            queue=None,
        )
        situation = await situation_of(session, prospect, now=now, settings=settings)
        found.append(Stand(purpose, medium, consent(situation, now), do_not_call(situation, now)))
    return found
