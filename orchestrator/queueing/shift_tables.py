"""Shift plans as they were saved."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import instant


class ShiftPlanRow(SQLModel, table=True):
    """When an agent is meant to be on duty; what was planned before stands in the audit."""

    __tablename__ = "shift_plans"

    agent_id: UUID = Field(primary_key=True, foreign_key="agents.id")
    document: str
    version: int = Field(default=1)
    changed_at: datetime = instant()
