"""The contact somebody asks about: that of the case which stands then, else what a moment found then would ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Cooldown, Worth
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.splits import plan_for
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.detection.verdicts import Verdict
from orchestrator.escalations.plan import PlanStep, StepKind
from orchestrator.escalations.planning import plan_of
from orchestrator.escalations.prospect import Prospect, prospect_of
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.telephony.numbers import customer_number

_FARTHEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class RuleAsked:
    """A rule in the version that is in force."""

    document: RuleDocument
    version: int


async def case_then(
    session: AsyncSession, customer: CustomerRow, rule: RuleAsked, *, at: datetime, settings: Settings
) -> tuple[UUID, Prospect] | None:
    """Return the contact of the customer's open case, where the rule leads it and it is not over by `at`."""
    query = select(EscalationRow).where(EscalationRow.customer_id == customer.id, EscalationRow.state != State.CLOSED)
    row = (await session.exec(query)).first()
    if row is None or row.rule != rule.document.rule or row.opened_at > at:
        return None
    step = _calling(plan_of(rule.document, settings, row.plan), start=row.step)
    prospect = await prospect_of(session, customer, row, medium=_medium(step), agent_in_hand=False, settings=settings)
    over = prospect.resolved or (prospect.expires_at is not None and prospect.expires_at <= at)
    return None if over else (row.id, prospect)


def new_contact(customer: CustomerRow, rule: RuleAsked, *, at: datetime, settings: Settings) -> Prospect:
    """Return the contact that a moment of the rule would ask for that is found at `at`."""
    document = rule.document
    plan = plan_for(document, customer.subject, salt=settings.holdout_salt)
    step = _calling(plan_of(document, settings, plan))
    return Prospect(
        customer=customer,
        phone=customer_number(customer.attributes, settings),
        rule=document.rule,
        version=rule.version,
        purpose=document.purpose,
        medium=_medium(step),
        queue=None if step is None else step.queue,
        subject=document.moment,
        requested_at=at,
        expires_at=at + min(document.expires, _FARTHEST),
        worth=_worth(document),
    )


async def cooldown_of(session: AsyncSession, customer: CustomerRow, document: RuleDocument, *, at: datetime) -> Cooldown | None:
    """Return when the rule last led to a case of the customer's before `at`; None where it names no pause, or never did."""
    if document.cooldown is None:
        return None
    query = select(func.max(col(MomentRow.at))).where(
        MomentRow.customer_id == customer.id,
        MomentRow.rule == document.rule,
        MomentRow.mode == Mode.LIVE,
        MomentRow.verdict == Verdict.ESCALATE,
        MomentRow.status != MomentStatus.WITHDRAWN,
        col(MomentRow.at) <= at,
    )
    last = (await session.exec(query)).one()
    return None if last is None else Cooldown(last, document.cooldown)


def _worth(document: RuleDocument) -> Worth | None:
    """Return what a call is worth where the rule says so itself; what an expression yields depends on the event."""
    worth = document.worth
    if worth is None or isinstance(worth.value, str):
        return None
    return Worth(value=float(worth.value), chance=float(worth.chance), call_cost=float(worth.call_cost))


def _calling(plan: Sequence[PlanStep], *, start: int = 0) -> PlanStep | None:
    """Return the first step from `start` on that calls; where none does, the plan's first that calls, or sends."""
    steps = [*plan[start:], *plan]
    return next((step for step in steps if step.kind is not StepKind.MESSAGE), steps[0] if steps else None)


def _medium(step: PlanStep | None) -> Medium:
    return Medium.VOICE_PERSON if step is None else step.medium
