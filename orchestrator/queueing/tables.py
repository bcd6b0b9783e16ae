"""Queues, the agents who serve them, and the tasks that wait there."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, Interval, text
from sqlmodel import Field, SQLModel

from orchestrator.storage.columns import instant, one_of, optional_instant, primary_id, texts


class Presence(StrEnum):
    AVAILABLE = "available"
    PAUSED = "paused"
    OFFLINE = "offline"
    NOT_ANSWERING = "not_answering"  # ours alone: available by their word, and too many offers in a row ran out


class TaskKind(StrEnum):
    CALLBACK = "callback"  # agent-first: the agent calls when ready
    CALL = "call"  # customer-first: the agent is held while the customer's phone rings


class TaskState(StrEnum):
    QUEUED = "queued"
    RESERVED = "reserved"
    ASSIGNED = "assigned"
    DIALING = "dialing"
    CONNECTED = "connected"
    WRAPPING = "wrapping"
    DONE = "done"
    WITHDRAWN = "withdrawn"


HELD = (TaskState.RESERVED, TaskState.ASSIGNED, TaskState.DIALING, TaskState.CONNECTED, TaskState.WRAPPING)


class QueueRow(SQLModel, table=True):
    """Ordered tasks that need the same skills; `calendar` names its business hours (none: always open)."""

    __tablename__ = "queues"

    name: str = Field(primary_key=True)
    calendar: str | None = Field(default=None, foreign_key="calendars.name")
    skills: list[str] = texts()
    caller_id: str | None = Field(default=None)  # E.164; the deployment's default when none
    pace_per_minute: int | None = Field(default=None)  # at most so many offers a minute once it opens
    callback_within: timedelta | None = Field(default=None, sa_type=Interval)  # how soon a callback is due; None: by the rule
    callback_cutoff: timedelta | None = Field(default=None, sa_type=Interval)  # later before closing than this: the next day
    service_percent: int | None = Field(default=None)  # so many of a hundred callbacks begin in time; None: `USUAL`
    service_within: timedelta | None = Field(default=None, sa_type=Interval)
    outcomes: list[str] = texts()  # `disposition/sub` its agents choose from; none: all


class AgentRow(SQLModel, table=True):
    """A person who takes calls. Presence is the agent's own choice; busy is told by their tasks.

    We write one thing over it: who is available and lets offers run out is `not_answering` until they say otherwise. A pause
    or a day's end is never touched.
    """

    __tablename__ = "agents"

    id: UUID = primary_id()
    name: str = Field(unique=True)
    phone: str | None = Field(default=None)  # E.164 or sip:/client: address their leg rings
    languages: list[str] = texts()
    skills: list[str] = texts()
    presence: Presence = one_of(Presence, default=Presence.OFFLINE)
    pause_code: str | None = Field(default=None)
    presence_since: datetime = instant()
    seen_at: datetime | None = optional_instant()  # the desk's last sign of life
    idle_since: datetime = instant()  # longest idle is offered first
    created_at: datetime = instant()


class PresenceSpellRow(SQLModel, table=True):
    """A stretch of an agent's presence that is over; the present one stands in the agent's own row."""

    __tablename__ = "presence_spells"
    __table_args__ = (Index("presence_spells_by_end", "until"),)

    id: UUID = primary_id()
    agent_id: UUID = Field(foreign_key="agents.id")
    presence: Presence = one_of(Presence)
    pause_code: str | None = Field(default=None)
    since: datetime = instant()
    until: datetime = instant()


class AgentQueueRow(SQLModel, table=True):
    __tablename__ = "agent_queues"

    agent_id: UUID = Field(primary_key=True, foreign_key="agents.id")
    queue: str = Field(primary_key=True, foreign_key="queues.name", index=True)


# A claim walks one index per queue and language, so that tasks in other languages cost it nothing.
_LANGUAGE = text("coalesce(language, '')")


class TaskRow(SQLModel, table=True):
    """The unit of work on a queue. `fence` rises with every reservation, so that a late agent is told from the present one.

    `rank` orders a queue: the time it was first queued, or hours let it go, moved earlier by its priority; requeues keep it.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("tasks_to_claim", "queue", _LANGUAGE, "rank", postgresql_where=text("state = 'queued'")),
        Index("tasks_due", "queue", _LANGUAGE, "due_at", postgresql_where=text("state = 'queued' AND promised")),
        Index(
            "tasks_kept",
            "queue",
            "preferred_agent",
            postgresql_where=text("state = 'queued' AND preferred_agent IS NOT NULL"),
        ),
        Index("tasks_by_queueing", "queued_at", "id"),
        Index(
            "tasks_by_end",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL"),
            postgresql_include=[
                *("state", "agent_id", "disposition", "accepted_at", "wrap_since"),
                *("escalation_id", "sub_disposition", "worth_calling"),
            ],
        ),
        Index(
            "tasks_finished",
            "queue",
            "ended_at",
            postgresql_where=text("state = 'done'"),
            postgresql_include=["accepted_at"],
        ),
        Index("tasks_of_customer", "customer_id", "ended_at", postgresql_where=text("state = 'done'")),
        Index(
            "one_active_task",
            "escalation_id",
            unique=True,
            postgresql_where=text("state NOT IN ('done', 'withdrawn')"),
        ),
        Index(
            "one_task_in_hand",
            "agent_id",
            unique=True,
            postgresql_where=text("state IN ('reserved', 'assigned', 'dialing', 'connected', 'wrapping')"),
        ),
    )

    id: UUID = primary_id()
    escalation_id: UUID = Field(foreign_key="escalations.id", index=True)
    customer_id: UUID = Field(foreign_key="customers.id")
    queue: str = Field(foreign_key="queues.name")
    kind: TaskKind = one_of(TaskKind)
    state: TaskState = one_of(TaskState, default=TaskState.QUEUED)
    step: int
    priority: int
    language: str | None = Field(default=None)  # primary subtag in small letters: "he"; none: anybody's will do
    skills: list[str] = texts()  # the queue's and the step's
    script: str | None = Field(default=None)
    queued_at: datetime = instant()  # first queued: kept through every requeue
    rank: datetime = instant()
    not_before: datetime | None = optional_instant()  # rescheduled: not offered before this
    due_at: datetime | None = optional_instant()  # the promise's due time, or the step's
    promised: bool = Field(default=False)
    agent_id: UUID | None = Field(default=None, foreign_key="agents.id", index=True)
    preferred_agent: UUID | None = Field(default=None, foreign_key="agents.id")
    preferred_until: datetime | None = optional_instant()
    fence: int = Field(default=0)
    lease_until: datetime | None = optional_instant()
    offered_at: datetime | None = optional_instant()  # first offer ever
    offers: int = Field(default=0)
    accepted_at: datetime | None = optional_instant()
    call_requested_at: datetime | None = optional_instant()
    wrap_since: datetime | None = optional_instant()
    wrap_extensions: int = Field(default=0)  # how often the agent asked for more time
    suggested: str | None = Field(default=None)  # how the call ended, offered to the agent as the disposition
    disposition: str | None = Field(default=None)
    sub_disposition: str | None = Field(default=None)  # why so, of the disposition's own list
    worth_calling: bool | None = Field(default=None)  # the agent's answer to "was this worth a call?"
    help_asked_at: datetime | None = optional_instant()  # the agent asked for help and has the task still
    notes: str | None = Field(default=None)  # personal: never log
    ended_at: datetime | None = optional_instant()
    end_reason: str | None = Field(default=None)


class OfferEnding(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # by the agent, who said why
    TIMED_OUT = "timed_out"
    WITHDRAWN = "withdrawn"  # by us: the customer needs no call any more, or a supervisor took it away


class OfferRow(SQLModel, table=True):
    """Every offer ends in exactly one explicit state, in `ending`."""

    __tablename__ = "offers"
    __table_args__ = (
        Index("offers_of_task", "task_id", "offered_at"),
        Index("offers_of_agent", "agent_id", "offered_at"),
        Index("offers_of_queue", "queue", "offered_at"),
        Index("offers_by_time", "offered_at", postgresql_include=["agent_id", "ending", "ended_at"]),
    )

    id: UUID = primary_id()
    task_id: UUID = Field(foreign_key="tasks.id")
    agent_id: UUID = Field(foreign_key="agents.id")
    queue: str
    fence: int
    offered_at: datetime = instant()
    until: datetime = instant()
    ended_at: datetime | None = optional_instant()
    ending: OfferEnding | None = one_of(OfferEnding, default=None)
    reason: str | None = Field(default=None)
