"""Make the log of events, deletions, and answers kept for retries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.isolation import USER_ID, isolate

revision = "2026_11_22_writes"
down_revision = "2026_11_22_tasks"
branch_labels = None
depends_on = None

# An answer is its caller's alone.
OWN = f"user_id = {USER_ID}"


def upgrade() -> None:
    op.create_table(
        "event_counters",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_event_counters_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_event_counters")),
    )

    op.create_table(
        "events",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("changes", JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "type IN ('CREATED', 'UPDATED', 'DELETED', 'RESTORED', 'PURGED')", name=op.f("ck_events_type_known")
        ),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_events_sequence_positive")),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_events_users"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_events_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_events")),
        sa.UniqueConstraint("organization_id", "sequence", name="uq_events_sequence"),
    )
    op.create_index("ix_events_actor", "events", ["actor_id", "organization_id", "sequence"], unique=False)
    op.create_index("ix_events_created_at", "events", ["organization_id", "created_at", "sequence"], unique=False)
    op.create_index("ix_events_subject", "events", ["organization_id", "subject_id", "sequence"], unique=False)
    op.create_index("ix_events_subject_type", "events", ["organization_id", "subject_type", "sequence"], unique=False)
    op.create_index("ix_events_type", "events", ["organization_id", "type", "sequence"], unique=False)

    op.create_table(
        "deletions",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("deleted_by", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purge_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organizations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("organization_members", sa.Integer(), server_default="0", nullable=False),
        sa.Column("teams", sa.Integer(), server_default="0", nullable=False),
        sa.Column("team_members", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tasks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("documents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("conversations", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("cardinality(subject_ids) > 0", name=op.f("ck_deletions_subject_ids_some")),
        sa.ForeignKeyConstraint(["deleted_by"], ["users.id"], name=op.f("fk_deletions_users"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_deletions_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_deletions")),
    )
    op.create_index("ix_deletions_deleted_at", "deletions", ["organization_id", "deleted_at", "id"], unique=False)
    op.create_index("ix_deletions_deleted_by", "deletions", ["deleted_by"], unique=False)
    op.create_index(
        "ix_deletions_purge_at",
        "deletions",
        ["purge_at"],
        unique=False,
        postgresql_where=sa.text("restored_at IS NULL"),
    )

    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 255", name=op.f("ck_idempotency_keys_key_length")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_users"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)

    for table in ("event_counters", "events", "deletions"):
        for statement in isolate(table):
            op.execute(statement)
    for statement in isolate("idempotency_keys", visible=OWN):
        op.execute(statement)
    # The log is only ever added to.
    op.execute("REVOKE UPDATE ON events FROM trellis_runtime")


def downgrade() -> None:
    for table in ("idempotency_keys", "deletions", "events", "event_counters"):
        op.drop_table(table)
