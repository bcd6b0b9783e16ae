"""Everything the first release keeps"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "presence", sa.Enum("available", "paused", "offline", name="presence", native_enum=False, length=32), nullable=False
        ),
        sa.Column("pause_code", sa.String(), nullable=True),
        sa.Column("presence_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("idle_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "calendars",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "carrier_callbacks",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_carrier_callbacks_attempt_id"), "carrier_callbacks", ["attempt_id"], unique=False)
    op.create_table(
        "channels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_hash"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_source", sa.String(), nullable=True),
        sa.Column("applied_id", sa.String(), nullable=True),
        sa.Column("fired_through", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "customers_not_to_call",
        "customers",
        [sa.literal_column("(attributes ->> 'phone')")],
        unique=False,
        postgresql_where=sa.text("attributes ->> 'do_not_call' = 'true'"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "dead_letters_open", "dead_letters", ["received_at"], unique=False, postgresql_where=sa.text("replayed_at IS NULL")
    )
    op.create_table(
        "expression_errors",
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.Column("sample_source", sa.String(), nullable=False),
        sa.Column("sample_id", sa.String(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule", "version", "place"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("principal", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("principal", "key"),
    )
    op.create_index("idempotency_keys_by_time", "idempotency_keys", ["at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "topic",
            sa.Enum(
                "start_escalation", "hint_escalation", "start_watch", "hint_watch", name="topic", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("slow", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("outbox_due", "outbox", ["slow", "seq"], unique=False, postgresql_where=sa.text("set_aside_at IS NULL"))
    op.create_index("outbox_of_workflow", "outbox", ["workflow_id", "seq"], unique=False)
    op.create_table(
        "rule_versions",
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("rule", "version"),
    )
    op.create_table(
        "rulebook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rules",
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", "shadow", "published", "paused", "retired", name="rulestate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pauses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "switches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("thrown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "closures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar"],
            ["calendars.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_closures_calendar"), "closures", ["calendar"], unique=False)
    op.create_table(
        "escalations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "waiting",
                "queued",
                "reserved",
                "assigned",
                "dialing",
                "connected",
                "wrapping",
                "closed",
                name="state",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "solved",
                "not_solved",
                "resolved_by_customer",
                "unreachable",
                "declined",
                "opted_out",
                "expired",
                "suppressed",
                "control",
                "failed",
                "canceled",
                name="outcome",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column(
            "pending",
            sa.Enum(
                "solved",
                "not_solved",
                "resolved_by_customer",
                "unreachable",
                "declined",
                "opted_out",
                "expired",
                "suppressed",
                "control",
                "failed",
                "canceled",
                name="outcome",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_words", sa.Boolean(), nullable=False),
        sa.Column("canceled_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("escalations_of_customer", "escalations", ["customer_id", "opened_at"], unique=False)
    op.create_index(
        "escalations_open", "escalations", ["opened_at"], unique=False, postgresql_where=sa.text("state <> 'closed'")
    )
    op.create_index(
        "one_open_escalation", "escalations", ["customer_id"], unique=True, postgresql_where=sa.text("state <> 'closed'")
    )
    op.create_table(
        "events",
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("data_base64", sa.String(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("conflicting_copies", sa.Integer(), nullable=False),
        sa.Column("detected", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("source", "id"),
        sa.UniqueConstraint("seq"),
    )
    op.create_index("events_by_time", "events", ["time"], unique=False)
    op.create_index("events_of_customer", "events", ["customer_id", "time", "source", "id"], unique=False)
    op.create_table(
        "queues",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("caller_id", sa.String(), nullable=True),
        sa.Column("pace_per_minute", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar"],
            ["calendars.name"],
        ),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "subjects",
        sa.Column("subject", sa.Text(collation="C"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index(op.f("ix_subjects_customer_id"), "subjects", ["customer_id"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scope", sa.Enum("agent", "supervisor", "admin", name="scope", native_enum=False, length=32), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "watches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Enum("live", "shadow", name="mode", native_enum=False, length=32), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column(
            "status",
            sa.Enum("open", "satisfied", "fired", "dropped", name="watchstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("armed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "one_open_watch",
        "watches",
        ["rule", "mode", "customer_id", "key"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index("watches_by_deadline", "watches", ["deadline"], unique=False, postgresql_where=sa.text("status = 'open'"))
    op.create_index(
        "watches_of_customer", "watches", ["customer_id"], unique=False, postgresql_where=sa.text("status = 'open'")
    )
    op.create_table(
        "windows",
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("mode", sa.Enum("live", "shadow", name="mode", native_enum=False, length=32), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.PrimaryKeyConstraint("rule", "mode", "customer_id", "key"),
    )
    op.create_table(
        "agent_queues",
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queues.name"],
        ),
        sa.PrimaryKeyConstraint("agent_id", "queue"),
    )
    op.create_index(op.f("ix_agent_queues_queue"), "agent_queues", ["queue"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occasion", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verdicts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("decisions_of_escalation", "decisions", ["escalation_id", "at"], unique=False)
    op.create_index(op.f("ix_decisions_customer_id"), "decisions", ["customer_id"], unique=False)
    op.create_table(
        "escalation_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("events_of_escalation", "escalation_events", ["escalation_id", "at"], unique=False)
    op.create_table(
        "moments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Enum("live", "shadow", name="mode", native_enum=False, length=32), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moment", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("live", "resolved", "ended", "expired", "withdrawn", name="momentstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worth", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("grace", sa.Interval(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("moments_live", "moments", ["customer_id"], unique=False, postgresql_where=sa.text("status = 'live'"))
    op.create_index("moments_of_customer", "moments", ["customer_id", "at"], unique=False)
    op.create_index("moments_of_escalation", "moments", ["escalation_id"], unique=False)
    op.create_index("moments_of_rule", "moments", ["rule", "found_at"], unique=False)
    op.create_table(
        "promises",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "written",
                "open",
                "kept",
                "renewed",
                "broken",
                "released",
                "unsaid",
                name="promisestate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("renews", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["renews"],
            ["promises.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_promises_customer_id"), "promises", ["customer_id"], unique=False)
    op.create_index(op.f("ix_promises_escalation_id"), "promises", ["escalation_id"], unique=False)
    op.create_index(
        "promises_open", "promises", ["due_at"], unique=False, postgresql_where=sa.text("state IN ('written', 'open')")
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("kind", sa.Enum("callback", "call", name="taskkind", native_enum=False, length=32), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "reserved",
                "assigned",
                "dialing",
                "connected",
                "wrapping",
                "done",
                "withdrawn",
                name="taskstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("script", sa.String(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rank", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promised", sa.Boolean(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("preferred_agent", sa.Uuid(), nullable=True),
        sa.Column("preferred_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("call_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wrap_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suggested", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["preferred_agent"],
            ["agents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["queue"],
            ["queues.name"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_tasks_agent_id"), "tasks", ["agent_id"], unique=False)
    op.create_index(op.f("ix_tasks_escalation_id"), "tasks", ["escalation_id"], unique=False)
    op.create_index(
        "one_active_task",
        "tasks",
        ["escalation_id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('done', 'withdrawn')"),
    )
    op.create_index(
        "one_task_in_hand",
        "tasks",
        ["agent_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('reserved', 'assigned', 'dialing', 'connected', 'wrapping')"),
    )
    op.create_index("tasks_by_queueing", "tasks", ["queued_at", "id"], unique=False)
    op.create_index(
        "tasks_due",
        "tasks",
        ["queue", sa.literal_column("coalesce(language, '')"), "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' AND promised"),
    )
    op.create_index(
        "tasks_kept",
        "tasks",
        ["queue", "preferred_agent"],
        unique=False,
        postgresql_where=sa.text("state = 'queued' AND preferred_agent IS NOT NULL"),
    )
    op.create_index(
        "tasks_to_claim",
        "tasks",
        ["queue", sa.literal_column("coalesce(language, '')"), "rank"],
        unique=False,
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("leg", sa.Enum("agent", "customer", name="leg", native_enum=False, length=32), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("script", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("say", sa.String(), nullable=True),
        sa.Column("to_number", sa.String(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "prepared",
                "submitting",
                "submitted",
                "ringing",
                "connected",
                "unknown",
                "ended",
                name="attemptstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "ending",
            sa.Enum(
                "completed",
                "machine",
                "busy",
                "no_answer",
                "failed",
                "invalid_number",
                "canceled",
                "refused",
                "abandoned",
                "unknown",
                "not_placed",
                name="ending",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("call_sid", sa.String(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("call_status", sa.String(), nullable=True),
        sa.Column("sip_code", sa.Integer(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unknown_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ringing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("pressed", sa.String(), nullable=True),
        sa.Column("duration", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "farewell", sa.Enum("apology", "machine", "settled", name="farewell", native_enum=False, length=32), nullable=True
        ),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("conference", sa.String(), nullable=True),
        sa.Column("room_entered", sa.Integer(), nullable=True),
        sa.Column("room_left", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("request"),
        sa.UniqueConstraint("token"),
    )
    op.create_index("attempts_of_customer", "attempts", ["customer_id", "prepared_at"], unique=False)
    op.create_index("attempts_of_escalation", "attempts", ["escalation_id", "prepared_at"], unique=False)
    op.create_index("attempts_of_number", "attempts", ["to_number", "prepared_at"], unique=False)
    op.create_index(
        "attempts_of_sender",
        "attempts",
        ["from_number"],
        unique=False,
        postgresql_where=sa.text("state IN ('prepared', 'submitting', 'submitted', 'ringing', 'connected', 'unknown')"),
    )
    op.create_index("attempts_of_sid", "attempts", ["call_sid"], unique=True)
    op.create_index("attempts_of_task", "attempts", ["task_id"], unique=False)
    op.create_index(
        "one_unsettled_attempt",
        "attempts",
        ["to_number", "from_number"],
        unique=True,
        postgresql_where=sa.text("state IN ('prepared', 'submitting', 'submitted', 'ringing', 'connected', 'unknown')"),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("escalation_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("promise_id", sa.Uuid(), nullable=True),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("to_number", sa.String(), nullable=False),
        sa.Column("from_number", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "prepared",
                "submitting",
                "sent",
                "delivered",
                "undelivered",
                "refused",
                "unknown",
                "canceled",
                name="messagestate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("message_sid", sa.String(), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.id"],
        ),
        sa.ForeignKeyConstraint(
            ["escalation_id"],
            ["escalations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["promise_id"],
            ["promises.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_sid"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_messages_escalation_id"), "messages", ["escalation_id"], unique=False)
    op.create_index("messages_of_customer", "messages", ["customer_id"], unique=False)
    op.create_index("messages_of_number", "messages", ["to_number", "prepared_at"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ending",
            sa.Enum("accepted", "rejected", "timed_out", "withdrawn", name="offerending", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("reason", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agent_id"],
            ["agents.id"],
        ),
        sa.ForeignKeyConstraint(
            ["task_id"],
            ["tasks.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("offers_of_agent", "offers", ["agent_id", "offered_at"], unique=False)
    op.create_index("offers_of_queue", "offers", ["queue", "offered_at"], unique=False)
    op.create_index("offers_of_task", "offers", ["task_id", "offered_at"], unique=False)


def downgrade() -> None:
    op.drop_index("offers_of_task", table_name="offers")
    op.drop_index("offers_of_queue", table_name="offers")
    op.drop_index("offers_of_agent", table_name="offers")
    op.drop_table("offers")
    op.drop_index("messages_of_number", table_name="messages")
    op.drop_index("messages_of_customer", table_name="messages")
    op.drop_index(op.f("ix_messages_escalation_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(
        "one_unsettled_attempt",
        table_name="attempts",
        postgresql_where=sa.text("state IN ('prepared', 'submitting', 'submitted', 'ringing', 'connected', 'unknown')"),
    )
    op.drop_index("attempts_of_task", table_name="attempts")
    op.drop_index("attempts_of_sid", table_name="attempts")
    op.drop_index(
        "attempts_of_sender",
        table_name="attempts",
        postgresql_where=sa.text("state IN ('prepared', 'submitting', 'submitted', 'ringing', 'connected', 'unknown')"),
    )
    op.drop_index("attempts_of_number", table_name="attempts")
    op.drop_index("attempts_of_escalation", table_name="attempts")
    op.drop_index("attempts_of_customer", table_name="attempts")
    op.drop_table("attempts")
    op.drop_index("tasks_to_claim", table_name="tasks", postgresql_where=sa.text("state = 'queued'"))
    op.drop_index(
        "tasks_kept", table_name="tasks", postgresql_where=sa.text("state = 'queued' AND preferred_agent IS NOT NULL")
    )
    op.drop_index("tasks_due", table_name="tasks", postgresql_where=sa.text("state = 'queued' AND promised"))
    op.drop_index("tasks_by_queueing", table_name="tasks")
    op.drop_index(
        "one_task_in_hand",
        table_name="tasks",
        postgresql_where=sa.text("state IN ('reserved', 'assigned', 'dialing', 'connected', 'wrapping')"),
    )
    op.drop_index("one_active_task", table_name="tasks", postgresql_where=sa.text("state NOT IN ('done', 'withdrawn')"))
    op.drop_index(op.f("ix_tasks_escalation_id"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_agent_id"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index("promises_open", table_name="promises", postgresql_where=sa.text("state IN ('written', 'open')"))
    op.drop_index(op.f("ix_promises_escalation_id"), table_name="promises")
    op.drop_index(op.f("ix_promises_customer_id"), table_name="promises")
    op.drop_table("promises")
    op.drop_index("moments_of_rule", table_name="moments")
    op.drop_index("moments_of_escalation", table_name="moments")
    op.drop_index("moments_of_customer", table_name="moments")
    op.drop_index("moments_live", table_name="moments", postgresql_where=sa.text("status = 'live'"))
    op.drop_table("moments")
    op.drop_index("events_of_escalation", table_name="escalation_events")
    op.drop_table("escalation_events")
    op.drop_index(op.f("ix_decisions_customer_id"), table_name="decisions")
    op.drop_index("decisions_of_escalation", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index(op.f("ix_agent_queues_queue"), table_name="agent_queues")
    op.drop_table("agent_queues")
    op.drop_table("windows")
    op.drop_index("watches_of_customer", table_name="watches", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("watches_by_deadline", table_name="watches", postgresql_where=sa.text("status = 'open'"))
    op.drop_index("one_open_watch", table_name="watches", postgresql_where=sa.text("status = 'open'"))
    op.drop_table("watches")
    op.drop_table("tokens")
    op.drop_index(op.f("ix_subjects_customer_id"), table_name="subjects")
    op.drop_table("subjects")
    op.drop_table("queues")
    op.drop_index("events_of_customer", table_name="events")
    op.drop_index("events_by_time", table_name="events")
    op.drop_table("events")
    op.drop_index("one_open_escalation", table_name="escalations", postgresql_where=sa.text("state <> 'closed'"))
    op.drop_index("escalations_open", table_name="escalations", postgresql_where=sa.text("state <> 'closed'"))
    op.drop_index("escalations_of_customer", table_name="escalations")
    op.drop_table("escalations")
    op.drop_index(op.f("ix_closures_calendar"), table_name="closures")
    op.drop_table("closures")
    op.drop_table("switches")
    op.drop_table("rules")
    op.drop_table("rulebook")
    op.drop_table("rule_versions")
    op.drop_index("outbox_of_workflow", table_name="outbox")
    op.drop_index("outbox_due", table_name="outbox", postgresql_where=sa.text("set_aside_at IS NULL"))
    op.drop_table("outbox")
    op.drop_index("idempotency_keys_by_time", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("expression_errors")
    op.drop_index("dead_letters_open", table_name="dead_letters", postgresql_where=sa.text("replayed_at IS NULL"))
    op.drop_table("dead_letters")
    op.drop_index(
        "customers_not_to_call", table_name="customers", postgresql_where=sa.text("attributes ->> 'do_not_call' = 'true'")
    )
    op.drop_table("customers")
    op.drop_table("channels")
    op.drop_index(op.f("ix_carrier_callbacks_attempt_id"), table_name="carrier_callbacks")
    op.drop_table("carrier_callbacks")
    op.drop_table("calendars")
    op.drop_table("agents")
