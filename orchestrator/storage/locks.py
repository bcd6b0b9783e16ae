"""Row locks in the one order there is: customer → escalation → agent → task → attempt."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import OrchestratorError
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import AgentRow, TaskRow, TaskState

_OVER = (TaskState.DONE, TaskState.WITHDRAWN)


class NoSuchCustomer(OrchestratorError):
    code = "no_such_customer"


async def lock_customer(session: AsyncSession, customer_id: UUID) -> CustomerRow:
    """Lock the customer's row, or the row it was merged into. Raises `NoSuchCustomer`."""
    while True:
        query = select(CustomerRow).where(CustomerRow.id == customer_id).with_for_update()
        row = (await session.exec(query.execution_options(populate_existing=True))).first()
        if row is None:
            raise NoSuchCustomer(f"no customer {customer_id}")
        if row.merged_into is None:
            return row
        customer_id = row.merged_into


async def lock_escalation(session: AsyncSession, escalation_id: UUID) -> tuple[CustomerRow, EscalationRow] | None:
    """Lock the escalation's customer and then the escalation; None when there is no such escalation."""
    while True:
        owner = (await session.exec(select(EscalationRow.customer_id).where(EscalationRow.id == escalation_id))).first()
        if owner is None:
            return None
        customer = await lock_customer(session, owner)
        query = select(EscalationRow).where(EscalationRow.id == escalation_id).with_for_update()
        row = (await session.exec(query.execution_options(populate_existing=True))).one()
        if row.customer_id == customer.id:
            return customer, row


async def open_escalation(session: AsyncSession, customer_id: UUID) -> EscalationRow | None:
    """Return the customer's open escalation, locked; the customer's lock is held already."""
    query = (
        select(EscalationRow)
        .where(EscalationRow.customer_id == customer_id, col(EscalationRow.closed_at).is_(None))
        .with_for_update()
    )
    return (await session.exec(query.execution_options(populate_existing=True))).first()


async def lock_active_task(session: AsyncSession, escalation_id: UUID) -> TaskRow | None:
    """Return the escalation's task that is neither done nor withdrawn, locked after its agent; None when it has none.

    The escalation's lock is held already. A claim, which takes agent and task only, may move the task in between: look again.
    """
    while True:
        query = select(TaskRow).where(TaskRow.escalation_id == escalation_id, col(TaskRow.state).not_in(_OVER))
        known = (await session.exec(query.execution_options(populate_existing=True))).first()
        if known is None:
            return None
        agent_id = known.agent_id
        if agent_id is not None:
            await session.exec(select(AgentRow.id).where(AgentRow.id == agent_id).with_for_update())
        locking = select(TaskRow).where(TaskRow.id == known.id).with_for_update()
        task = (await session.exec(locking.execution_options(populate_existing=True))).one()
        if task.agent_id == agent_id and task.state not in _OVER:
            return task
