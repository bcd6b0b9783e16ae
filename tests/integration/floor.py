"""Queues, agents, customers and tasks for tests, straight in the database; a test states only what it is about."""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import Mode, MomentRow, RuleVersionRow
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import issue
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.queueing.tables import AgentQueueRow, AgentRow, Presence, QueueRow, TaskKind, TaskRow
from orchestrator.queueing.tasks import enqueue
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

LONG_AGO = timedelta(hours=1)


async def a_queue(
    session: AsyncSession,
    name: str = "sales",
    *,
    skills: Sequence[str] = (),
    calendar: str | None = None,
    pace_per_minute: int | None = None,
) -> str:
    session.add(QueueRow(name=name, skills=list(skills), calendar=calendar, pace_per_minute=pace_per_minute))
    await session.flush()
    return name


async def an_agent(
    session: AsyncSession,
    name: str | None = None,
    *,
    queues: Sequence[str] = ("sales",),
    languages: Sequence[str] = ("en",),
    skills: Sequence[str] = (),
    presence: Presence = Presence.AVAILABLE,
    idle: timedelta = timedelta(0),
    silent: timedelta = timedelta(0),
) -> AgentRow:
    """`idle` since so long, and not heard of for `silent`."""
    now = datetime.now(UTC)
    agent = AgentRow(
        name=name or f"agent-{uuid4().hex[:8]}",
        languages=list(languages),
        skills=list(skills),
        phone="+14155550100",
        presence=presence,
        presence_since=now,
        idle_since=now - idle,
        seen_at=now - silent,
        created_at=now,
    )
    session.add(agent)
    await session.flush()
    session.add_all([AgentQueueRow(agent_id=agent.id, queue=queue) for queue in queues])
    await session.flush()
    return agent


RULE = """
rule: incomplete-checkout
title: {en: Checkout left unfinished, he: הקנייה לא הושלמה}
moment: incomplete_checkout
purpose: service
detect: {occurrence: {on: [{type: checkout.abandoned}]}}
steps: [{callback: {queue: sales, due: 30m, script: checkout}}]
expires: 24h
"""


async def an_escalation(session: AsyncSession, *, queue: str = "sales", state: State = State.QUEUED) -> EscalationRow:
    """An open one, of a customer of its own, standing on one live moment with its event as evidence."""
    now = datetime.now(UTC)
    attributes = {"name": "Noa Levi", "phone": "+14155550123", "zone": "Etc/UTC", "country": "US", "language": "en"}
    customer = CustomerRow(subject=f"customer-{uuid4().hex}", created_at=now, attributes=attributes)
    session.add(customer)
    await _ensure_rule(session, now)
    await session.flush()
    escalation = EscalationRow(
        customer_id=customer.id,
        state=state,
        rule="incomplete-checkout",
        version=1,
        purpose="service",
        priority=50,
        queue=queue,
        opened_at=now,
        not_before=now,
    )
    session.add(escalation)
    await session.flush()
    await _a_moment(session, escalation, now)
    return escalation


async def _ensure_rule(session: AsyncSession, now: datetime) -> None:
    if await session.get(RuleVersionRow, ("incomplete-checkout", 1)) is None:
        session.add(
            RuleVersionRow(rule="incomplete-checkout", version=1, document=RULE, digest="", author="test", created_at=now)
        )


async def _a_moment(session: AsyncSession, escalation: EscalationRow, now: datetime) -> None:
    event = EventRow(
        source="web",
        id=uuid4().hex,
        type="checkout.abandoned",
        subject="s",
        customer_id=escalation.customer_id,
        time=now,
        received_at=now,
        data={"total": 480},
        digest=b"",
    )
    session.add(event)
    session.add(
        MomentRow(
            rule=escalation.rule,
            version=1,
            mode=Mode.LIVE,
            customer_id=escalation.customer_id,
            key="cart",
            at=now,
            found_at=now,
            moment="incomplete_checkout",
            stage="purchase",
            purpose="service",
            priority=50,
            evidence=[f"{event.source} {event.id}"],
            verdict="escalate",
            expires_at=now + timedelta(hours=24),
            escalation_id=escalation.id,
        )
    )
    await session.flush()


async def a_task(
    session: AsyncSession,
    *,
    queue: str = "sales",
    kind: TaskKind = TaskKind.CALLBACK,
    priority: int = 50,
    language: str | None = "en",
    skills: Sequence[str] = (),
    waiting: timedelta = timedelta(0),
    due_in: timedelta | None = None,
    promised: bool = False,
    not_before: datetime | None = None,
    preferred_agent: UUID | None = None,
    preferred_until: datetime | None = None,
) -> TaskRow:
    """A queued task of an escalation of its own, queued `waiting` ago."""
    now = datetime.now(UTC)
    return await enqueue(
        session,
        await an_escalation(session, queue=queue),
        kind=kind,
        queue=queue,
        step=0,
        priority=priority,
        language=language,
        skills=skills,
        due_at=None if due_in is None else now + due_in,
        promised=promised,
        not_before=not_before,
        preferred_agent=preferred_agent,
        preferred_until=preferred_until,
        now=now - waiting,
    )


async def a_token(
    session: AsyncSession,
    *,
    agent: AgentRow | None = None,
    scope: Scope | None = None,
    expires_at: datetime | None = None,
) -> str:
    """The secret of a new token: the agent's, else a supervisor's or of the scope given."""
    default = Scope.SUPERVISOR if agent is None else Scope.AGENT
    return await issue(
        session,
        name=agent.name if agent else f"somebody-{uuid4().hex[:8]}",
        scope=scope or default,
        agent_id=agent.id if agent else None,
        expires_at=expires_at,
        who="test",
        now=datetime.now(UTC),
    )


async def reread(database: Database, task_id: UUID) -> TaskRow:
    async with database.transaction() as session:
        return (await session.exec(select(TaskRow).where(TaskRow.id == task_id))).one()


def some_settings(database_url: str) -> Settings:
    key = base64.b64encode(bytes(32)).decode()
    return Settings(
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=SecretStr("token"),
        payload_keys=SecretStr(f"a:{key}"),
        database_url=database_url,
    )


def a_client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ringback")


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}
