"""A channel, rules and customers for tests of intake: events go in as a channel sends them, rows are read as they stand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlmodel import col, select

from orchestrator.detection.acting import Policy
from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.rule_files import read_rule_file
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus, WatchRow, WatchStatus
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.intake.accept import Answer, EventVerdict, Intake
from orchestrator.intake.channels import add_channel
from orchestrator.intake.envelope import accept
from orchestrator.intake.event import Event
from orchestrator.intake.reading import Submitted
from orchestrator.intake.tables import CustomerRow, SubjectRow
from orchestrator.rule_life.publishing import Published, publish
from orchestrator.rule_life.shipped import load_in_shadow
from orchestrator.storage.database import Database

STRUCTURED = {"content-type": "application/cloudevents+json"}
BATCH = {"content-type": "application/cloudevents-batch+json"}
CART = """
rule: incomplete-checkout
moment: incomplete_checkout
stage: purchase
detect:
  absence:
    start: [{type: checkout.started}]
    touch: [{type: checkout.updated}]
    until: [{type: checkout.completed}]
    within: 20m
    key: event.data.cart_id
resolve: [{type: checkout.completed}]
steps: [{callback: {queue: sales}}]
expires: 24h
"""
COMPLAINT = """
rule: complaint
moment: complaint
purpose: requested_callback
detect: {occurrence: {on: [{type: complaint.filed}], key: event.id}}
resolve: [{type: complaint.withdrawn}]
steps: [{callback: {queue: service}}]
expires: 24h
"""


def ago(**span: float) -> datetime:
    """Return the instant so long ago, cut to milliseconds as events carry it."""
    at = datetime.now(UTC) - timedelta(**span)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def an_event(type: str = "complaint.filed", subject: str = "ann", **attributes: Any) -> dict[str, Any]:
    """`at` is a datetime; everything that is no attribute of an event is its data."""
    at = attributes.pop("at", None)
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": attributes.pop("id", uuid4().hex),
        "source": attributes.pop("source", "/test"),
        "type": type,
        "subject": subject,
    }
    if at is not None:
        event["time"] = at.isoformat().replace("+00:00", "Z")
    return event | {"data": attributes.pop("data", attributes)}


def as_event(event: Mapping[str, Any]) -> Event:
    return accept(json.loads(json.dumps(event)))


async def publish_rules(database: Database, *texts: str) -> list[Published]:
    files = [read_rule_file(text.encode(), name="test") for text in texts]
    async with database.transaction() as session:
        return await publish(session, files, author="test", who="test", now=await database.clock.now(session))


async def a_channel_key(database: Database, name: str = "web", *, types: Sequence[str] = ()) -> str:
    async with database.transaction() as session:
        now = await database.clock.now(session)
        return await add_channel(session, name, kind="web", types=list(types), who="test", now=now)


@dataclass
class World:
    """Intake on a test's own database, without HTTP."""

    database: Database
    library: RuleLibrary
    intake: Intake

    @classmethod
    def on(cls, database: Database, *, late_grace: timedelta = timedelta(seconds=60)) -> "World":
        library = RuleLibrary()
        return cls(database, library, Intake(database, library, Policy(late_grace)))

    async def publish(self, *texts: str) -> list[Published]:
        return await publish_rules(self.database, *texts)

    async def load_shadow(self, text: str) -> None:
        """Let a rule run in shadow, as the shipped ones do at first start."""
        async with self.database.transaction() as session:
            files = [read_rule_file(text.encode(), name="test")]
            await load_in_shadow(session, files, now=await self.database.clock.now(session))

    async def send(self, *events: Mapping[str, Any], history: bool = False) -> list[Answer]:
        """Send events as one batch; all of them have to be accepted or known."""
        submitted = [Submitted(json.loads(json.dumps(event)), json.dumps(event).encode()) for event in events]
        answers = await self.intake.submit(None, submitted, history=history)
        assert [answer for answer in answers if answer.verdict is EventVerdict.REFUSED] == []
        return answers

    async def customer(self, subject: str = "ann") -> CustomerRow:
        async with self.database.transaction() as session:
            query = select(CustomerRow).where(CustomerRow.id == SubjectRow.customer_id, SubjectRow.subject == subject)
            return (await session.exec(query)).one()

    async def moments(self, subject: str | None = "ann", *, mode: Mode = Mode.LIVE) -> list[MomentRow]:
        """Return the moments that were not withdrawn, in order."""
        query = select(MomentRow).where(MomentRow.status != MomentStatus.WITHDRAWN, MomentRow.mode == mode)
        if subject is not None:
            query = query.where(MomentRow.customer_id == (await self.customer(subject)).id)
        return await self.rows(query.order_by(col(MomentRow.at), col(MomentRow.rule), col(MomentRow.key)))

    async def escalations(self, subject: str = "ann") -> list[EscalationRow]:
        owner = (await self.customer(subject)).id
        query = select(EscalationRow).where(EscalationRow.customer_id == owner)
        return await self.rows(query.order_by(col(EscalationRow.opened_at), col(EscalationRow.closed_at).desc()))

    async def open_escalations(self) -> list[EscalationRow]:
        return await self.rows(select(EscalationRow).where(EscalationRow.state != State.CLOSED))

    async def watches(self, status: WatchStatus = WatchStatus.OPEN) -> list[WatchRow]:
        return await self.rows(select(WatchRow).where(WatchRow.status == status).order_by(col(WatchRow.opened_at)))

    async def rows(self, query: Any) -> list[Any]:
        async with self.database.transaction() as session:
            return list((await session.exec(query)).all())
