"""Make exports of organizations, which servers write in the background, and hand out by links."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.isolation import isolate

revision = "2026_11_30_exports"
down_revision = "2026_11_30_erasure"
branch_labels = None
depends_on = None

UNFINISHED = "status IN ('PENDING', 'RUNNING')"

# Whoever writes exports belongs to nobody, as whoever cuts documents: they are shown what is due in every organization,
# and take on the identity of the one organization that they write.
WRITING = "current_setting('app.purpose', true) = 'write exports'"
WRITE = """
CREATE FUNCTION trellis_write_export(written_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.purpose', 'write exports', true);
    IF EXISTS (SELECT FROM exports WHERE organization_id = written_id AND due_at IS NOT NULL) THEN
        PERFORM set_config('app.organization_ids', ARRAY[written_id]::text, true);
    END IF;
END $$
"""

# Whoever holds a link is nobody, too: what reads for them runs as the owner of the tables, and answers one piece of one
# finished file, and nothing where the secret is another. Nothing else is told apart.
READING = "current_setting('app.purpose', true) = 'read export'"
READ = """
CREATE FUNCTION trellis_read_export(read_id uuid, presented bytea, piece integer) RETURNS TABLE (
    slug varchar, size bigint, written_at timestamptz, data bytea
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    former_ids text := current_setting('app.organization_ids', true);
    found exports;
BEGIN
    PERFORM set_config('app.purpose', 'read export', true);
    SELECT * INTO found FROM exports
     WHERE id = read_id AND status = 'COMPLETED' AND expires_at > clock_timestamp() AND presented = ANY (secret_hashes);
    PERFORM set_config('app.purpose', '', true);
    IF found.id IS NOT NULL THEN
        PERFORM set_config('app.organization_ids', ARRAY[found.organization_id]::text, true);
        RETURN QUERY
            SELECT organizations.slug, found.size, found.updated_at, (
                SELECT data FROM export_chunks
                 WHERE organization_id = found.organization_id AND export_id = found.id AND index = piece
            ) FROM organizations WHERE id = found.organization_id;
        PERFORM set_config('app.organization_ids', coalesce(former_ids, ''), true);
    END IF;
END $$
"""
# A file may hold what is known of somebody who is erased: it goes, and what is being written begins anew. Whoever asks
# for another meanwhile waits for the organization, and so finds them erased.
ERASING = "current_setting('app.purpose', true) = 'erase'"
DROP = """
CREATE FUNCTION trellis_drop_exports(places uuid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM FROM organizations WHERE id = ANY (places) ORDER BY id FOR NO KEY UPDATE;
    UPDATE exports SET expires_at = least(expires_at, moment), updated_at = moment
     WHERE organization_id = ANY (places) AND expires_at IS NOT NULL;
    UPDATE exports SET status = 'PENDING', due_at = moment, updated_at = moment
     WHERE organization_id = ANY (places) AND due_at IS NOT NULL;
END $$
"""
DROP_SIGNATURE = "trellis_drop_exports(uuid[])"
# The place in trellis_erase behind which exports go.
BEHIND = "        PERFORM trellis_forget_answers(traces.places, known);\n"

FUNCTIONS = {"trellis_write_export(uuid)": WRITE, "trellis_read_export(uuid, bytea, integer)": READ}

PURGING = "current_setting('app.purpose', true) = 'purge'"
# What the server may remove for good: what is finished, and of what has to be begun anew what there is of it.
REMOVABLE = {
    "exports": "expires_at IS NOT NULL",
    "export_chunks": "EXISTS (SELECT FROM exports WHERE exports.organization_id = export_chunks.organization_id"
    " AND exports.id = export_id AND due_at IS NOT NULL)",
}


def upgrade() -> None:
    _make_exports()
    op.create_table(
        "export_chunks",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("index >= 0", name=op.f("ck_export_chunks_index_not_negative")),
        sa.CheckConstraint("octet_length(data) BETWEEN 1 AND 1048576", name=op.f("ck_export_chunks_data_fits")),
        sa.ForeignKeyConstraint(
            ["organization_id", "export_id"],
            ["exports.organization_id", "exports.id"],
            name=op.f("fk_export_chunks_exports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "export_id", "index", name=op.f("pk_export_chunks")),
    )
    op.execute("ALTER TABLE export_chunks ALTER COLUMN data SET STORAGE EXTERNAL")  # it is compressed already
    for table, removable in REMOVABLE.items():
        for statement in isolate(table):
            op.execute(statement)
        op.execute(
            f"CREATE POLICY removable ON {table} AS RESTRICTIVE FOR DELETE TO trellis_runtime USING ({removable})"
        )
        op.execute(f"GRANT DELETE ON {table} TO trellis_runtime")
    op.execute(f"CREATE POLICY due ON exports FOR SELECT USING ({WRITING} AND due_at IS NOT NULL)")
    op.execute(f"CREATE POLICY old ON exports USING ({PURGING} AND expires_at <= now()) WITH CHECK (false)")
    op.execute(f"CREATE POLICY opened ON exports FOR SELECT TO CURRENT_USER USING ({READING})")
    op.execute(f"CREATE POLICY erasing ON exports TO CURRENT_USER USING ({ERASING}) WITH CHECK ({ERASING})")
    op.execute(DROP)
    op.execute(f"REVOKE ALL ON FUNCTION {DROP_SIGNATURE} FROM PUBLIC")
    op.execute(_erase().replace(BEHIND, f"{BEHIND}        PERFORM trellis_drop_exports(traces.places);\n"))
    for signature, function in FUNCTIONS.items():
        op.execute(function)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")


def _make_exports() -> None:
    op.create_table(
        "exports",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), server_default="PENDING", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines_written", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lines_expected", sa.Integer(), nullable=True),
        sa.Column("counts", JSONB, server_default="{}", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("secret_hashes", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED')", name=op.f("ck_exports_status_known")
        ),
        sa.CheckConstraint(f"({UNFINISHED}) = (due_at IS NOT NULL)", name=op.f("ck_exports_due_until_finished")),
        sa.CheckConstraint(
            "(due_at IS NULL) = (expires_at IS NOT NULL)", name=op.f("ck_exports_expires_once_finished")
        ),
        sa.CheckConstraint("(status = 'FAILED') = (error IS NOT NULL)", name=op.f("ck_exports_error_where_failed")),
        sa.CheckConstraint("(status = 'COMPLETED') = (size IS NOT NULL)", name=op.f("ck_exports_size_where_completed")),
        sa.CheckConstraint("char_length(error) BETWEEN 1 AND 200", name=op.f("ck_exports_error_length")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_exports_attempts_not_negative")),
        sa.CheckConstraint("lines_written >= 0", name=op.f("ck_exports_lines_written_not_negative")),
        sa.CheckConstraint("cardinality(secret_hashes) BETWEEN 1 AND 10", name=op.f("ck_exports_secret_hashes_some")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_exports_organizations"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["users.id"], name=op.f("fk_exports_users"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_exports")),
    )
    unfinished, due = sa.text(UNFINISHED), sa.text("due_at IS NOT NULL")
    finished = sa.text("expires_at IS NOT NULL")
    op.create_index("uq_exports_unfinished", "exports", ["organization_id"], unique=True, postgresql_where=unfinished)
    op.create_index("ix_exports_due", "exports", ["organization_id", "due_at"], postgresql_where=due)
    op.create_index("ix_exports_created_at", "exports", ["organization_id", "created_at", "id"])
    op.create_index("ix_exports_expires_at", "exports", ["expires_at"], postgresql_where=finished)
    op.create_index("ix_exports_requested_by", "exports", ["requested_by"])
    op.create_index("ix_exports_id", "exports", ["id"])


def _erase() -> str:
    """The function that erases, as it was before."""
    script = op.get_context().opts["script"]
    revisions = script.iterate_revisions(down_revision, "base")
    module = next(one.module for one in revisions if one.revision == "2026_11_30_erasure")
    text: str = module.ERASE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
    return text


def downgrade() -> None:
    op.execute(_erase())
    op.execute(f"DROP FUNCTION {DROP_SIGNATURE}")
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_table("export_chunks")
    op.drop_table("exports")
