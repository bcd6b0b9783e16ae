"""What the outside must hear, written in the transaction that makes it true and delivered after it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, insert, text
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.storage.columns import Json, instant, json_object, one_of, optional_instant, serial

CHANNEL_OUTBOX = "ringback_outbox"
CHANNEL_DESK = "ringback_desk"


class Topic(StrEnum):
    """What a row asks the relay to do. `payload` is the model of `workflows.contracts` that the topic names, as JSON."""

    START_ESCALATION = "start_escalation"  # StartEscalation
    HINT_ESCALATION = "hint_escalation"  # StartEscalation too: delivered as signal-with-start
    START_WATCH = "start_watch"  # StartWatch; goes after everything else, dropped when the watch is no longer open
    HINT_WATCH = "hint_watch"  # StartWatch; its deadline moved earlier
    HINT_BACKTEST = "hint_backtest"  # StartBacktest: it was asked for, or its turn has come


class OutboxRow(SQLModel, table=True):
    """One delivery owed. Rows of one workflow are delivered strictly in order, different workflows in parallel."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_due", "slow", "seq", postgresql_where=text("set_aside_at IS NULL")),
        Index("outbox_of_workflow", "workflow_id", "seq"),
    )

    seq: int | None = serial(primary_key=True)
    topic: Topic = one_of(Topic)
    workflow_id: str
    payload: Json = json_object()
    slow: bool = Field(default=False)  # watch starts: after everything else
    written_at: datetime = instant()
    tries: int = Field(default=0)
    next_try_at: datetime | None = optional_instant()
    error: str | None = Field(default=None)  # the error's class only
    set_aside_at: datetime | None = optional_instant()


def escalation_workflow_id(escalation_id: UUID) -> str:
    return f"escalation-{escalation_id}"


def watch_workflow_id(watch_id: UUID) -> str:
    return f"watch-{watch_id}"


def backtest_workflow_id(backtest_id: UUID) -> str:
    return f"backtest-{backtest_id}"


def row(topic: Topic, workflow_id: str, payload: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """Return an outbox row as a plain mapping, for bulk inserts."""
    slow = topic is Topic.START_WATCH
    return {
        "topic": topic,
        "workflow_id": workflow_id,
        "payload": dict(payload),
        "slow": slow,
        "written_at": at,
        "tries": 0,
    }


async def post(session: AsyncSession, rows: Iterable[dict[str, Any]]) -> None:
    """Write outbox rows in the caller's transaction and wake the relays when it commits."""
    listed = list(rows)
    if not listed:
        return
    connection = await session.connection()
    await connection.execute(insert(OutboxRow), listed)
    await connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL_OUTBOX})


async def hint_escalation(session: AsyncSession, escalation_id: UUID, *, at: datetime) -> None:
    """Tell the escalation's workflow to look at its row again. A hint costs time when it is lost, never truth."""
    await post(session, [escalation_row(Topic.HINT_ESCALATION, escalation_id, at=at)])


async def unhint_escalation(session: AsyncSession, escalation_id: UUID) -> None:
    """Take back the hints this very transaction has written for the escalation: its process is the one that acts in it.

    What others have written stays: this transaction may not have seen what theirs did.
    """
    own = text("DELETE FROM outbox WHERE workflow_id = :id AND topic = :hint AND xmin = pg_current_xact_id()::xid")
    values = {"id": escalation_workflow_id(escalation_id), "hint": Topic.HINT_ESCALATION.value}
    await (await session.connection()).execute(own, values)


def escalation_row(topic: Topic, escalation_id: UUID, *, at: datetime) -> dict[str, Any]:
    return row(topic, escalation_workflow_id(escalation_id), {"escalation_id": str(escalation_id)}, at=at)


def watch_row(topic: Topic, watch_id: UUID, *, deadline: datetime, at: datetime) -> dict[str, Any]:
    payload = {"watch_id": str(watch_id), "deadline": deadline.isoformat()}
    return row(topic, watch_workflow_id(watch_id), payload, at=at)


def backtest_row(backtest_id: UUID, *, at: datetime) -> dict[str, Any]:
    payload = {"backtest_id": str(backtest_id)}
    return row(Topic.HINT_BACKTEST, backtest_workflow_id(backtest_id), payload, at=at)


async def tell_desks(session: AsyncSession, payload: str) -> None:
    """Tell every api process that something a desk or console shows has changed; `payload` is ids only, under 8 kB."""
    connection = await session.connection()
    await connection.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL_DESK, "payload": payload})
