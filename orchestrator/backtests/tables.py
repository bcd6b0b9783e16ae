"""Back-tests that supervisors asked for, with what they found."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import Json, code_point_text, instant, json_value, one_of, optional_instant, primary_id


class BacktestState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        return self not in UNFINISHED


UNFINISHED = (BacktestState.QUEUED, BacktestState.RUNNING)


class BacktestRow(SQLModel, table=True):
    """One back-test of one document. `result` and `progress` hold our own ids of customers, never theirs."""

    __tablename__ = "backtests"
    __table_args__ = (
        Index("backtests_of_rule", "rule", "asked_at"),
        Index("backtests_unfinished", "asked_at", postgresql_where=text("state IN ('queued', 'running')")),
    )

    id: UUID = primary_id()
    rule: str = code_point_text()
    version: int | None = Field(default=None)  # none: a text that was not saved as a version
    document: str
    since: datetime = instant()  # moments before it are not counted; what happened before it is
    until: datetime = instant()
    asked_by: str
    asked_at: datetime = instant()
    state: BacktestState = one_of(BacktestState, default=BacktestState.QUEUED)
    runs: int = Field(default=0)  # how often it was begun; a worker that died begins it anew
    progress: Json | None = json_value()  # {"phase", "done", "of"} as the command last told
    ended_at: datetime | None = optional_instant()
    result: Json | None = json_value()
