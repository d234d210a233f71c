"""Make the log of events, deletions, and answers kept for retries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.isolation import ACTOR_ID, isolate

revision = "2026_11_22_writes"
down_revision = "2026_11_22_tasks"
branch_labels = None
depends_on = None

# An answer is its caller's alone.
OWN = f"actor_id = {ACTOR_ID}"

# The purge belongs to nobody: it has to find what is due in every organization, with a role that sees none. So it says
# what it is about, and is shown the deletions whose time is over and the answers that are too old, and nothing else.
# To remove something it takes on the identity of the one organization it is in, which it gets only where something is
# due. None of this keeps out somebody who has the role's password, who can be whoever they like anyway; like all of
# row-level security here it sees to it that a statement which lacks a condition reaches no more than it should.
PURGING = "current_setting('app.purpose', true) = 'purge'"
OLD = "created_at < now() - interval '24 hours'"
PURGE = """
CREATE FUNCTION trellis_purge(purged_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.purpose', 'purge', true);
    IF EXISTS (SELECT FROM deletions WHERE organization_id = purged_id AND purge_at <= now()) THEN
        PERFORM set_config('app.organization_ids', ARRAY[purged_id]::text, true);
    END IF;
END $$
"""

# The log only grows, but for an organization that goes for good. Runs as the owner of events, whom row-level security
# holds too, so only within the identity of that organization; answers how many events it removed.
FORGET = """
CREATE FUNCTION trellis_forget(forgotten_id uuid, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    forgotten integer;
BEGIN
    IF NOT EXISTS (
        SELECT FROM organizations
        JOIN deletions ON deletions.organization_id = organizations.id AND deletions.id = organizations.deletion_id
        WHERE organizations.id = forgotten_id AND purge_at <= clock_timestamp()
    ) THEN
        RAISE EXCEPTION 'the organization is not to be purged' USING ERRCODE = 'TRL05';
    END IF;
    DELETE FROM events WHERE organization_id = forgotten_id AND id IN (
        SELECT id FROM events WHERE organization_id = forgotten_id LIMIT most
    );
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    IF forgotten < most THEN
        DELETE FROM event_counters WHERE organization_id = forgotten_id;
    END IF;
    RETURN forgotten;
END $$
"""

# What the server may remove for good: what has been deleted, and of tables without `deleted_at` what goes along.
REMOVABLE = {
    "organizations": "deleted_at IS NOT NULL",
    "teams": "deleted_at IS NOT NULL",
    "team_members": "deleted_at IS NOT NULL",
    "tasks": "deleted_at IS NOT NULL",
    # A deleted organization keeps its members: they are who may restore it.
    "organization_members": "deleted_at IS NOT NULL OR EXISTS ("
    "SELECT FROM organizations WHERE id = organization_id AND organizations.deleted_at IS NOT NULL)",
    "former_task_keys": "EXISTS (SELECT FROM tasks WHERE tasks.organization_id = former_task_keys.organization_id"
    " AND tasks.id = task_id AND tasks.deleted_at IS NOT NULL)",
    "deletions": "restored_at IS NOT NULL",  # nothing is left of it
    "idempotency_keys": OLD,
}
FUNCTIONS = ("trellis_purge(uuid)", "trellis_forget(uuid, integer)")


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
    op.create_index("ix_deletions_purge_at", "deletions", ["purge_at"], unique=False)

    op.create_table(
        "idempotency_keys",
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(key) BETWEEN 1 AND 255", name=op.f("ck_idempotency_keys_key_length")),
        sa.PrimaryKeyConstraint("actor_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)

    for table in ("event_counters", "events", "deletions"):
        for statement in isolate(table):
            op.execute(statement)
    for statement in isolate("idempotency_keys", visible=OWN):
        op.execute(statement)
    # The log is only ever added to.
    op.execute("REVOKE UPDATE ON events FROM trellis_runtime")
    op.execute(f"CREATE POLICY due ON deletions FOR SELECT USING ({PURGING} AND purge_at <= now())")
    op.execute(f"CREATE POLICY old ON idempotency_keys USING ({PURGING} AND {OLD}) WITH CHECK (false)")
    for table, removable in REMOVABLE.items():
        op.execute(
            f"CREATE POLICY removable ON {table} AS RESTRICTIVE FOR DELETE TO trellis_runtime USING ({removable})"
        )
        op.execute(f"GRANT DELETE ON {table} TO trellis_runtime")
    for function in (PURGE, FORGET):
        op.execute(function)
    for signature in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for table in REMOVABLE:
        op.execute(f"DROP POLICY removable ON {table}")
        op.execute(f"REVOKE DELETE ON {table} FROM trellis_runtime")
    for table in ("idempotency_keys", "deletions", "events", "event_counters"):
        op.drop_table(table)
