"""Who may come in: tokens of agents and of people who run the place."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import instant, one_of, optional_instant, primary_id


class Scope(StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class TokenRow(SQLModel, table=True):
    """A bearer token, stored hashed and shown once. An agent's belongs to that agent."""

    __tablename__ = "tokens"

    id: UUID = primary_id()
    name: str
    token_hash: str = Field(unique=True)
    scope: Scope = one_of(Scope)
    agent_id: UUID | None = Field(default=None, foreign_key="agents.id")
    created_at: datetime = instant()
    expires_at: datetime | None = optional_instant()
    revoked_at: datetime | None = optional_instant()


class IdempotencyRow(SQLModel, table=True):
    """The answer to a POST that carried an `Idempotency-Key`, kept for a day: the second copy gets it again."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("idempotency_keys_by_time", "at"),)

    principal: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str  # of method, path and body: another request under the same key is refused
    status: int
    body: str
    at: datetime = instant()
