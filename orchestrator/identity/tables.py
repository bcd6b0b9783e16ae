"""Who may come in: tokens of programs, people with their sessions, and what they changed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from orchestrator.identity.people import Role
from orchestrator.storage.columns import Json, instant, json_value, one_of, optional_instant, primary_id, serial


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


class PersonRow(SQLModel, table=True):
    """Somebody who signs in. An agent's person names the agent whose desk they sit at."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: UUID = primary_id()
    login: str = Field(unique=True)  # in small letters
    name: str
    role: Role = one_of(Role)
    agent_id: UUID | None = Field(default=None, foreign_key="agents.id", unique=True)
    locale: str = Field(default="en")
    zone: str = Field(default="Etc/UTC")
    password_hash: str | None = Field(default=None)  # none: signs in by OpenID Connect alone
    issuer: str | None = Field(default=None)  # of OpenID Connect, with `subject`: bound at the first sign-in
    subject: str | None = Field(default=None)
    totp_secret: str | None = Field(default=None)  # encrypted
    totp_confirmed_at: datetime | None = optional_instant()  # until a code was shown, it is not asked for
    totp_step: int | None = Field(default=None)  # of the last code taken: each is taken once
    created_at: datetime = instant()
    disabled_at: datetime | None = optional_instant()


class SessionRow(SQLModel, table=True):
    """A signed-in browser: of the cookie's secret only the hash is here."""

    __tablename__ = "sessions"

    id: UUID = primary_id()
    person_id: UUID = Field(foreign_key="people.id", index=True)
    secret_hash: str = Field(unique=True)
    created_at: datetime = instant()
    seen_at: datetime = instant()
    passed_at: datetime | None = optional_instant()  # none: the second factor is still owed
    ended_at: datetime | None = optional_instant()


class CustomerSearchRow(SQLModel, table=True):
    """What a session looked for, personal and soon forgotten: an address holds the id alone."""

    __tablename__ = "customer_searches"
    __table_args__ = (Index("customer_searches_by_time", "at"),)

    id: UUID = primary_id()
    session_id: UUID = Field(foreign_key="sessions.id")
    words: str
    at: datetime = instant()


class SignInTryRow(SQLModel, table=True):
    """A try to sign in, by digests of login and address; kept as long as it may count."""

    __tablename__ = "sign_in_tries"
    __table_args__ = (
        Index("sign_in_tries_by_login", "login_digest", "at"),
        Index("sign_in_tries_by_address", "address_digest", "at"),
        Index("sign_in_tries_by_time", "at"),
    )

    id: int | None = serial(primary_key=True)
    login_digest: str
    address_digest: str
    at: datetime = instant()
    succeeded: bool = Field(default=False)


class RecoveryCodeRow(SQLModel, table=True):
    """A code for the day the second factor is lost, stored hashed; used once."""

    __tablename__ = "recovery_codes"

    person_id: UUID = Field(primary_key=True, foreign_key="people.id")
    code_hash: str = Field(primary_key=True)
    used_at: datetime | None = optional_instant()


class ChangeRow(SQLModel, table=True):
    """Who changed what, when, from what, to what. Rows are added and never changed."""

    __tablename__ = "changes"
    __table_args__ = (Index("changes_by_time", "at"), Index("changes_of_subject", "subject", "at"))

    id: int | None = serial(primary_key=True)
    at: datetime = instant()
    who: str
    person_id: UUID | None = Field(default=None, foreign_key="people.id")
    what: str
    subject: str
    before: Json | None = json_value()
    after: Json | None = json_value()
