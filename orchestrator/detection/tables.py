"""Rules and their versions, and what detection keeps: open watches, score windows, moments."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Float, Index, Interval, text
from sqlmodel import Field, SQLModel

from orchestrator.detection.splits import Plan
from orchestrator.storage.columns import (
    Json,
    code_point_text,
    instant,
    json_list,
    json_object,
    json_value,
    one_of,
    optional_instant,
    primary_id,
)


class RuleState(StrEnum):
    DRAFT = "draft"
    SHADOW = "shadow"
    PUBLISHED = "published"
    PAUSED = "paused"
    RETIRED = "retired"


class Mode(StrEnum):
    """Whether what a rule finds is acted on. A shadow's watches, windows and moments are its own and contact nobody."""

    LIVE = "live"
    SHADOW = "shadow"


class WatchStatus(StrEnum):
    OPEN = "open"
    SATISFIED = "satisfied"
    FIRED = "fired"
    DROPPED = "dropped"  # its rule changed kind or was retired, or a recomputation no longer yields it


class MomentStatus(StrEnum):
    LIVE = "live"
    MESSAGE_DUE = "message_due"  # no call was worth it: a message goes instead, and nothing joins its case
    RESOLVED = "resolved"  # by the rule's `resolve`
    ENDED = "ended"  # by an inbound contact, an opt-out, an erasure, or the end of its escalation
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # a late event showed that it never was


STANDING = (MomentStatus.LIVE, MomentStatus.MESSAGE_DUE)  # not over yet: what resolves them takes them away


class RuleRow(SQLModel, table=True):
    __tablename__ = "rules"

    name: str = code_point_text(primary_key=True)
    state: RuleState = one_of(RuleState)
    version: int  # the version in force in this state
    changed_at: datetime = instant()
    since: datetime = instant()  # it sees events that arrive from here on
    pauses: list[Any] = json_list()  # [["<from>", "<to>" or null], …]: what arrived meanwhile it never saw
    shadow_version: int | None = Field(default=None)  # another version, tried in shadow beside the one in force
    shadow_since: datetime | None = optional_instant()  # that one sees events that arrive from here on


class RuleVersionRow(SQLModel, table=True):
    """An immutable version of a rule's document, exactly as it was written."""

    __tablename__ = "rule_versions"

    rule: str = code_point_text(primary_key=True)
    version: int = Field(primary_key=True)
    document: str
    digest: str
    author: str
    created_at: datetime = instant()
    published_at: datetime | None = optional_instant()  # a first version sees events that arrive after this
    approved_by: str | None = Field(default=None)
    approved_at: datetime | None = optional_instant()


class RulebookRow(SQLModel, table=True):
    """One row: the number that every change of any rule, calendar or queue raises; caches compare it in each transaction."""

    __tablename__ = "rulebook"

    id: int = Field(default=1, primary_key=True)
    revision: int = Field(default=0)


class ExpressionErrorRow(SQLModel, table=True):
    """How often an expression of a rule version failed, with a sample (the event's ids only)."""

    __tablename__ = "expression_errors"

    rule: str = code_point_text(primary_key=True)
    version: int = Field(primary_key=True)
    place: str = Field(primary_key=True)  # "key", "detect.absence.start[0].where" …
    count: int = Field(default=0)
    message: str
    sample_source: str
    sample_id: str
    last_at: datetime = instant()


class WatchRow(SQLModel, table=True):
    """One opened watch. `state` is the detector's own snapshot; `deadline` is copied out of it for the clock.

    `armed` is the deadline the watch's workflow surely knows: only an earlier one is signalled.
    """

    __tablename__ = "watches"
    __table_args__ = (
        Index(
            "one_open_watch",
            "rule",
            "mode",
            "customer_id",
            "key",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("watches_by_deadline", "deadline", postgresql_where=text("status = 'open'")),
        Index("watches_of_customer", "customer_id", postgresql_where=text("status = 'open'")),
    )

    id: UUID = primary_id()
    rule: str = code_point_text()
    version: int
    mode: Mode = one_of(Mode)
    customer_id: UUID = Field(foreign_key="customers.id")
    key: str = code_point_text()
    status: WatchStatus = one_of(WatchStatus, default=WatchStatus.OPEN)
    deadline: datetime = instant()
    armed: datetime = instant()
    state: Json = json_object()
    opened_at: datetime = instant()
    closed_at: datetime | None = optional_instant()


class WindowRow(SQLModel, table=True):
    """The sliding window of a score that is not empty."""

    __tablename__ = "windows"

    rule: str = code_point_text(primary_key=True)
    mode: Mode = one_of(Mode, primary_key=True)
    customer_id: UUID = Field(primary_key=True, foreign_key="customers.id")
    key: str = code_point_text(primary_key=True)
    version: int
    state: Json = json_object()


class MomentRow(SQLModel, table=True):
    """A recognised moment with its evidence and its verdict, whether anybody was called for it or not."""

    __tablename__ = "moments"
    __table_args__ = (
        Index("moments_of_customer", "customer_id", "at"),
        Index("moments_standing", "customer_id", postgresql_where=text("status IN ('live', 'message_due')")),
        Index("moments_of_escalation", "escalation_id"),
        Index("moments_of_rule", "rule", "found_at"),
        Index("moments_of_plans", "found_at", postgresql_where=text("plan IS NOT NULL AND mode = 'live'")),
        Index(
            "moments_by_finding",
            "found_at",
            postgresql_where=text("mode = 'live'"),
            postgresql_include=["rule", "verdict", "status", "escalation_id"],
        ),
    )

    id: UUID = primary_id()
    rule: str = code_point_text()
    version: int
    mode: Mode = one_of(Mode)
    customer_id: UUID = Field(foreign_key="customers.id")
    key: str = code_point_text()
    at: datetime = instant()
    found_at: datetime = instant()
    moment: str
    stage: str
    purpose: str
    priority: int
    evidence: list[Any] = json_list()  # ["<source> <id>", …], semantics 5
    words: list[Any] = json_list()  # the phrases that made an anger, where there are any
    plan: Plan | None = one_of(Plan, default=None)  # of a rule with a split, the one its customer takes
    verdict: str  # semantics 6: escalate, joined, control, suppressed:worth …
    status: MomentStatus = one_of(MomentStatus, default=MomentStatus.LIVE)
    ended_at: datetime | None = optional_instant()
    expires_at: datetime = instant()
    not_before: datetime | None = optional_instant()  # found through a late event: may not dial before this
    worth: Any = json_value()  # {"value", "chance", "call_cost"} as evaluated when found, or null
    # 0 to 1, as evaluated when found; null where that failed. A default of the column's own would stand in for the null.
    confidence: float | None = Field(default=1.0, sa_column=Column(Float))
    found_by: str | None = Field(default=None)  # the event that came late and led to it: "<source> <id>"
    withdrawn_by: str | None = Field(default=None)  # the late event that showed that it never was
    merged_at: datetime | None = optional_instant()  # it began under another id, which turned out to be this customer's
    grace: timedelta = Field(default=timedelta(0), sa_type=Interval)
    escalation_id: UUID | None = Field(default=None, foreign_key="escalations.id")
