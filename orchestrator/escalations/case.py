"""An escalation under its locks, with all that one look at it needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.plan import PlanStep
from orchestrator.escalations.planning import plan_of
from orchestrator.escalations.records import unsettled_attempts
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import QueueRow, TaskRow
from orchestrator.settings import Settings
from orchestrator.storage.clock import Clock
from orchestrator.storage.locks import lock_active_task, lock_escalation
from orchestrator.telephony.attempts import Patience
from orchestrator.telephony.tables import AttemptRow


class Rules(Protocol):
    """Where versions of rules come from."""

    async def version(self, session: AsyncSession, name: str, version: int) -> RuleDocument: ...


@dataclass(slots=True)
class Case:
    """The rows are locked and fresh, `now` was read after the locks. `alarms` gathers when to look again at the latest."""

    session: AsyncSession
    customer: CustomerRow
    escalation: EscalationRow
    task: TaskRow | None
    attempts: Sequence[AttemptRow]  # those without an ending
    now: datetime
    rules: Rules
    settings: Settings
    moments: Sequence[MomentRow] = ()  # the live ones
    queue: QueueRow | None = None  # that of the step being taken: held, so that the session need not ask for it again
    alarms: list[datetime] = field(default_factory=list)

    def wake(self, at: datetime | None) -> None:
        """Look again at `at`, whatever else the wait is for."""
        if at is not None:
            self.alarms.append(at)

    async def refresh(self) -> None:
        """Read task and attempts again, after they may have changed."""
        await self.session.flush()
        self.task = await lock_active_task(self.session, self.escalation.id)
        self.attempts = await unsettled_attempts(self.session, self.escalation.id)

    async def plan(self) -> tuple[PlanStep, ...]:
        """Return the steps of the version, and of its plan, that this escalation goes by."""
        row = self.escalation
        return plan_of(await self.rules.version(self.session, row.rule, row.version), self.settings, row.plan)

    @property
    def patience(self) -> Patience:
        settings = self.settings
        return Patience(
            ring=settings.ring_timeout,
            queued=settings.queued_at_carrier,
            quiet=settings.quiet_period,
            poll=settings.carrier_poll,
        )


async def load(session: AsyncSession, escalation_id: UUID, *, clock: Clock, rules: Rules, settings: Settings) -> Case | None:
    """Lock the escalation and all that belongs to it, in the one order, and then read the clock."""
    locked = await lock_escalation(session, escalation_id)
    if locked is None:
        return None
    customer, escalation = locked
    task = await lock_active_task(session, escalation.id)
    attempts = await unsettled_attempts(session, escalation.id)
    now = await clock.now(session)
    return Case(session, customer, escalation, task, attempts, now, rules, settings)
