"""Calendars as they are and were, emergency closes, and switches that stop all dials."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import instant, optional_instant, primary_id


class CalendarRow(SQLModel, table=True):
    __tablename__ = "calendars"

    name: str = Field(primary_key=True)
    document: str
    version: int = Field(default=1)
    changed_at: datetime = instant()
    retired_at: datetime | None = optional_instant()  # no queue can choose it, until it is saved again


class CalendarVersionRow(SQLModel, table=True):
    """A calendar as it was saved, by whom and when. A version never changes; recorded decisions name it."""

    __tablename__ = "calendar_versions"

    calendar: str = Field(primary_key=True, foreign_key="calendars.name")
    version: int = Field(primary_key=True)
    document: str
    author: str | None = Field(default=None)  # None: it was saved before anybody wrote that down
    reason: str | None = Field(default=None)  # as its author said it
    saved_at: datetime = instant()


class ClosureRow(SQLModel, table=True):
    """An emergency close of a calendar: `[starts_at, ends_at)` or open-ended, with its reason."""

    __tablename__ = "closures"

    id: UUID = primary_id()
    calendar: str = Field(foreign_key="calendars.name", index=True)
    starts_at: datetime = instant()
    ends_at: datetime | None = optional_instant()
    reason: str
    author: str


class SwitchRow(SQLModel, table=True):
    """A kill switch that is thrown: for everything, one queue or one rule. Lifting it ends the row."""

    __tablename__ = "switches"

    id: UUID = primary_id()
    scope: str  # "all", "queue", "rule"
    target: str | None = Field(default=None)
    reason: str
    author: str
    thrown_at: datetime = instant()
    lifted_at: datetime | None = optional_instant()
