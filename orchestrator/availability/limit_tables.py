"""The limits that are in force."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import instant


class LimitsRow(SQLModel, table=True):
    """One row, with what was saved last; version 0 before anything was.

    Whoever spends from a budget locks it until the transaction that spends is over.
    """

    __tablename__ = "limits"

    id: int = Field(default=1, primary_key=True)
    document: str
    version: int
    changed_at: datetime = instant()
