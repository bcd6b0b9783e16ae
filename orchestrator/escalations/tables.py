"""Escalations, what was decided about them, and what customers were promised."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from orchestrator.detection.splits import Plan
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.storage.columns import (
    code_point_text,
    instant,
    json_list,
    json_value,
    one_of,
    optional_instant,
    primary_id,
)


class EscalationRow(SQLModel, table=True):
    """The case of getting a person to a customer. One open row per customer, kept so by a unique index.

    `rule`, `version`, `plan`, `purpose`, `priority` and `queue` come from the strongest live moment. `revision` counts the
    changes that the process has to look at; a hint to the workflow says no more than "look again".
    """

    __tablename__ = "escalations"
    __table_args__ = (
        Index("one_open_escalation", "customer_id", unique=True, postgresql_where=text("state <> 'closed'")),
        Index("escalations_open", "opened_at", postgresql_where=text("state <> 'closed'")),
        Index("escalations_held", "wait_until", postgresql_where=text("state IN ('open', 'waiting')")),
        Index("escalations_of_customer", "customer_id", "opened_at"),
        Index(
            "escalations_short_of_staff",
            "queue",
            postgresql_where=text("state = 'waiting' AND reasons = '[\"staffing\"]'::jsonb"),
        ),
    )

    id: UUID = primary_id()
    customer_id: UUID = Field(foreign_key="customers.id")
    state: State = one_of(State, default=State.OPEN)
    outcome: Outcome | None = one_of(Outcome, default=None)
    reasons: list[Any] = json_list()  # codes that explain a suppressed or expired outcome, or the present wait
    rule: str = code_point_text()
    version: int
    plan: Plan | None = one_of(Plan, default=None)  # of a rule with a split, the one this case takes
    purpose: str
    priority: int
    queue: str | None = Field(default=None)
    step: int = Field(default=0)  # index into the rule's steps
    tries: int = Field(default=0)  # customer attempts made within the present step
    opened_at: datetime = instant()
    not_before: datetime = instant()  # grace, late grace, the pause before a retry, a time the customer asked for
    wait_until: datetime | None = optional_instant()
    revision: int = Field(default=0)
    closed_at: datetime | None = optional_instant()
    result: str | None = Field(default=None)  # how the last try ended, until the plan has answered it (plan.Result)
    pending: Outcome | None = one_of(Outcome, default=None)  # what it closes as once the call under way is over
    asked_at: datetime | None = optional_instant()  # the customer asked, in a call, to be called later: when they did
    has_words: bool = Field(default=False)  # whether a promise or a message was ever written: most have none to be asked about
    canceled_reason: str | None = Field(default=None)


class DecisionRow(SQLModel, table=True):
    """One recorded look at all gates: the answer, and every gate's verdict with its figures and its sentence."""

    __tablename__ = "decisions"
    __table_args__ = (Index("decisions_of_escalation", "escalation_id", "at"),)

    id: UUID = primary_id()
    escalation_id: UUID = Field(foreign_key="escalations.id")
    customer_id: UUID = Field(foreign_key="customers.id", index=True)
    at: datetime = instant()
    occasion: str  # "opened", "window", "prepare"
    medium: str
    answer: str  # "go", "wait", "refuse"
    until: datetime | None = optional_instant()
    reasons: list[Any] = json_list()
    verdicts: list[Any] = json_list()  # [{"gate", "state", "sentence", "figures"}]
    rule: str
    version: int


class PromiseRow(SQLModel, table=True):
    """What the customer was told, and what became of it. Written before the words go out."""

    __tablename__ = "promises"
    __table_args__ = (
        Index("promises_open", "due_at", postgresql_where=text("state IN ('written', 'open')")),
        Index("promises_by_writing", "written_at", postgresql_include=["escalation_id", "state", "cause"]),
    )

    id: UUID = primary_id()
    escalation_id: UUID = Field(foreign_key="escalations.id", index=True)
    customer_id: UUID = Field(foreign_key="customers.id", index=True)
    state: PromiseState = one_of(PromiseState, default=PromiseState.WRITTEN)
    words: str  # personal: never log
    medium: str  # sms, voice
    due_at: datetime = instant()
    written_at: datetime = instant()
    said_at: datetime | None = optional_instant()
    ended_at: datetime | None = optional_instant()
    cause: str | None = Field(default=None)  # why it broke, was renewed or was released
    renews: UUID | None = Field(default=None, foreign_key="promises.id")


class EscalationEventRow(SQLModel, table=True):
    """What happened to an escalation, a line each, for timelines and explanations. Holds codes and ids only."""

    __tablename__ = "escalation_events"
    __table_args__ = (Index("events_of_escalation", "escalation_id", "at"),)

    id: UUID = primary_id()
    escalation_id: UUID = Field(foreign_key="escalations.id")
    at: datetime = instant()
    what: str  # "opened", "joined", "step_started", "task_queued", "withdrawn", "closed" …
    detail: Any = json_value()
