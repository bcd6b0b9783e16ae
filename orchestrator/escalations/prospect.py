"""One contact that might be made, whether a case stands behind it or somebody only asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import BadPhone, Phone
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Worth
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations import promises
from orchestrator.escalations.lead import strongest
from orchestrator.escalations.standing import last_expiry, live
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.promising import Promising
from orchestrator.settings import Settings
from orchestrator.telephony.numbers import customer_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """Whom, why, how and from where: what each part of a `Situation` is gathered by. Times are aware UTC.

    `version` is the rule's that stands behind it, `subject` the moment it is about. `agent_in_hand`: staffing is not asked
    again. `requested_at`, `not_before`, `worth` and `evidence` are the leading moment's. `promised`: words went out, and the
    promise stands. `promising`: what the customer would be told of a call that goes now.
    """

    customer: CustomerRow
    phone: Phone | BadPhone
    rule: str
    version: int
    purpose: Purpose
    medium: Medium
    queue: str | None
    subject: str | None = None
    agent_in_hand: bool = False
    promised: bool = False
    promising: Promising | None = None
    resolved: bool = False
    requested_at: datetime | None = None
    expires_at: datetime | None = None
    not_before: datetime | None = None
    worth: Worth | None = None
    evidence: tuple[str, ...] = ()
    besides: UUID | None = None  # the attempt or message it is about: reserved already, so not to be counted against itself

    @property
    def number(self) -> Phone | None:
        return None if isinstance(self.phone, BadPhone) else self.phone


async def prospect_of(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    medium: Medium,
    agent_in_hand: bool,
    settings: Settings,
    promise: timedelta | None = None,
) -> Prospect:
    """Return the contact that an escalation asks for, by its live moments and its promise."""
    moments = await live(session, escalation)
    lead = strongest(moments)
    standing = await promises.standing(session, escalation)
    return Prospect(
        customer=customer,
        phone=customer_number(customer.attributes, settings),
        rule=escalation.rule,
        version=escalation.version,
        purpose=Purpose(escalation.purpose),
        medium=medium,
        queue=escalation.queue,
        subject=None if lead is None else lead.moment,
        agent_in_hand=agent_in_hand,
        promised=standing is not None,
        promising=None if promise is None else _promising(escalation, promise),
        resolved=not moments or escalation.pending is not None,
        requested_at=None if lead is None else lead.at,
        expires_at=last_expiry(moments, None if standing is None else standing.due_at),
        not_before=None if lead is None else lead.not_before,
        worth=_worth(lead),
        evidence=() if lead is None else tuple(lead.evidence),
    )


def _promising(escalation: EscalationRow, within: timedelta) -> Promising:
    return Promising(within, escalation.id, escalation.opened_at, escalation.priority)


def _worth(lead: MomentRow | None) -> Worth | None:
    if lead is None or not isinstance(lead.worth, dict):
        return None
    known = lead.worth
    return Worth(value=known.get("value"), chance=known["chance"], call_cost=known["call_cost"])
