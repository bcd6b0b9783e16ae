"""Row locks in the one order there is: customer → escalation → agent → task → attempt."""

from uuid import UUID

from sqlmodel import bindparam, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import OrchestratorError
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import AgentRow, TaskRow, TaskState

_OVER = (TaskState.DONE, TaskState.WITHDRAWN)


class NoSuchCustomer(OrchestratorError):
    code = "no_such_customer"


# Built once: these are asked in nearly every transaction, and building a statement takes longer than finding its row.
_CUSTOMER = (
    select(CustomerRow)
    .where(CustomerRow.id == bindparam("customer_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_CUSTOMER_OF = (
    select(CustomerRow)
    .where(
        col(CustomerRow.id)
        == select(EscalationRow.customer_id).where(EscalationRow.id == bindparam("escalation_id")).scalar_subquery()
    )
    .with_for_update(of=CustomerRow)
    .execution_options(populate_existing=True)
)
_ESCALATION = (
    select(EscalationRow)
    .where(EscalationRow.id == bindparam("escalation_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OPEN_ESCALATION = (
    select(EscalationRow)
    .where(EscalationRow.customer_id == bindparam("customer_id"), col(EscalationRow.closed_at).is_(None))
    .with_for_update()
    .execution_options(populate_existing=True)
)
# One way to the database for three: whose the task is, that agent's lock, and then the task's. The count is asked before the
# task's row is, and counting takes the lock.
_KNOWN = (
    select(TaskRow.id, TaskRow.agent_id)
    .where(TaskRow.escalation_id == bindparam("escalation_id"), col(TaskRow.state).not_in(_OVER))
    .cte("known")
)
_AGENT = select(AgentRow.id).where(AgentRow.id == select(_KNOWN.c.agent_id).scalar_subquery()).with_for_update().cte("agent")
_ACTIVE_TASK = (
    select(TaskRow, select(_KNOWN.c.agent_id).scalar_subquery())
    .where(TaskRow.id == select(_KNOWN.c.id).scalar_subquery(), select(func.count(_AGENT.c.id)).scalar_subquery() >= 0)
    .with_for_update(of=TaskRow)
    .execution_options(populate_existing=True)
)


async def lock_customer(session: AsyncSession, customer_id: UUID) -> CustomerRow:
    """Lock the customer's row, or the row it was merged into. Raises `NoSuchCustomer`."""
    while True:
        row = (await session.exec(_CUSTOMER, params={"customer_id": customer_id})).first()
        if row is None:
            raise NoSuchCustomer(f"no customer {customer_id}")
        if row.merged_into is None:
            return row
        customer_id = row.merged_into


async def lock_escalation(session: AsyncSession, escalation_id: UUID) -> tuple[CustomerRow, EscalationRow] | None:
    """Lock the escalation's customer and then the escalation; None when there is no such escalation."""
    while True:
        customer = (await session.exec(_CUSTOMER_OF, params={"escalation_id": escalation_id})).first()
        if customer is not None and customer.merged_into is not None:
            customer = await lock_customer(session, customer.merged_into)
        row = (await session.exec(_ESCALATION, params={"escalation_id": escalation_id})).first()
        if customer is None or row is None:
            return None
        if row.customer_id == customer.id:
            return customer, row


async def open_escalation(session: AsyncSession, customer_id: UUID) -> EscalationRow | None:
    """Return the customer's open escalation, locked; the customer's lock is held already."""
    return (await session.exec(_OPEN_ESCALATION, params={"customer_id": customer_id})).first()


async def lock_active_task(session: AsyncSession, escalation_id: UUID) -> TaskRow | None:
    """Return the escalation's task that is neither done nor withdrawn, locked after its agent; None when it has none.

    The escalation's lock is held already. A claim, which takes agent and task only, may move the task in between: look again.
    """
    while True:
        found = (await session.exec(_ACTIVE_TASK, params={"escalation_id": escalation_id})).first()
        if found is None:
            return None
        task, locked_agent = found
        if task.agent_id == locked_agent and task.state not in _OVER:
            return task
