"""How a customer's wishes stand now: what the gates of consent and do-not-call would say, whatever the contact is about."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.permission import consent, do_not_call
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Situation
from orchestrator.availability.verdicts import GateState, Verdict
from orchestrator.availability.windows import Always
from orchestrator.escalations.gathering import listing, peace, wishes_of
from orchestrator.escalations.prospect import Prospect
from orchestrator.intake.tables import CustomerRow
from orchestrator.permissions.reading import consents_of, do_not_call_of, statement_of
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
    """Return how each way to contact the customer stands now. What several of them rest on is read once for all."""
    selling = _selling(customer, settings)
    wishes = await wishes_of(session, selling, await do_not_call_of(session, customer.id, selling.number))
    said = tuple(statement_of(row) for row in await consents_of(session, customer.id))
    listed, left_alone = await listing(session, selling, settings), await peace(session, selling, settings)
    found = []
    for purpose, medium in _WAYS:
        sells = purpose is Purpose.MARKETING
        situation = Situation(
            purpose=purpose,
            medium=medium,
            calling=Always(),
            wishes=wishes,
            said=said,
            listing=listed if sells and medium.is_voice else None,
            peace=left_alone if sells else None,
        )
        found.append(Stand(purpose, medium, consent(situation, now), do_not_call(situation, now)))
    return found


def _selling(customer: CustomerRow, settings: Settings) -> Prospect:
    """Return the contact that most is asked of: a call that sells."""
    return Prospect(
        customer=customer,
        phone=customer_number(customer.attributes, settings),
        rule="",
        version=0,
        purpose=Purpose.MARKETING,
        medium=Medium.VOICE_PERSON,
        queue=None,
    )
