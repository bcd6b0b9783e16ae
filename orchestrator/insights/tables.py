"""What is kept so that it need not be counted again, and the alarms that rules raised."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Interval, text
from sqlmodel import Field, SQLModel

from orchestrator.detection.tables import Mode
from orchestrator.insights.unusual import Stopped, Trouble
from orchestrator.storage.columns import code_point_text, instant, json_list, one_of, optional_instant, primary_id


class RuleQuarterRow(SQLModel, table=True):
    """How many moments a rule found in a quarter of an hour, and how many of them led to a case; none: no row."""

    __tablename__ = "rule_quarters"

    rule: str = code_point_text(primary_key=True)
    mode: Mode = one_of(Mode, primary_key=True)
    quarter: datetime = instant(primary_key=True)
    moments: int
    cases: int


class RuleAlarmRow(SQLModel, table=True):
    """A rule gone silent or exploding: one open alarm of each kind, with the figures of the latest look."""

    __tablename__ = "rule_alarms"
    __table_args__ = (
        Index("one_open_alarm", "rule", "trouble", unique=True, postgresql_where=text("over_at IS NULL")),
        Index("rule_alarms_of_rule", "rule", "raised_at"),
    )

    id: UUID = primary_id()
    rule: str = code_point_text()
    mode: Mode = one_of(Mode)
    trouble: Trouble = one_of(Trouble)
    version: int
    version_since: datetime | None = optional_instant()  # where the version came into force shortly before
    raised_at: datetime = instant()
    looked_at: datetime = instant()
    since: datetime = instant()  # the stretch it was seen in ends at `looked_at`'s quarter
    length: timedelta = Field(sa_type=Interval)
    moments: int
    cases: int
    expected: float | None = Field(default=None)  # None: too young to tell
    calls: int | None = Field(default=None)  # how many the staff could make in the stretch, where that is less
    causes: list[Any] = json_list()  # [{"type", "channel", "last", "an_hour"}]: what begins the rule and stopped coming
    quiet_by: str | None = Field(default=None)
    quiet_at: datetime | None = optional_instant()
    quiet_until: datetime | None = optional_instant()
    is_new_usual: bool = Field(default=False)  # what came before `quiet_at` is no measure any more
    over_at: datetime | None = optional_instant()

    @property
    def until(self) -> datetime:
        """Where the stretch ends that it was seen in."""
        return self.since + self.length

    @property
    def flows(self) -> Sequence[Stopped]:
        """The events that begin the rule and stopped coming, the strongest flow first."""
        return [Stopped.of(each) for each in self.causes]
