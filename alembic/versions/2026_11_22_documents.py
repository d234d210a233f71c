"""Make documents, their texts and their chunks."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import isolate

revision = "2026_11_22_documents"
down_revision = "2026_11_22_writes"
branch_labels = None
depends_on = None

# The worker that cuts documents belongs to nobody: it has to find what is due in every organization, with a role that
# sees none. So it says what it is about, and is shown the documents that are due, and for `trellis doctor` those that
# failed. To read one it takes on the identity of the one organization that it is of, which it gets only where one is
# due. As with the purge, none of this keeps out somebody who has the role's password; it sees to it that a statement
# which lacks a condition reaches no more than it should.
PROCESSING = "current_setting('app.purpose', true) = 'process'"
PROCESS = """
CREATE FUNCTION trellis_process(processed_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.purpose', 'process', true);
    IF EXISTS (SELECT FROM documents WHERE organization_id = processed_id AND due_at IS NOT NULL) THEN
        PERFORM set_config('app.organization_ids', ARRAY[processed_id]::text, true);
    END IF;
END $$
"""
FUNCTION = "trellis_process(uuid)"

DELETED = (
    "EXISTS (SELECT FROM documents WHERE documents.organization_id = {table}.organization_id"
    " AND documents.id = document_id AND documents.deleted_at IS NOT NULL)"
)
# What the server may remove for good: what has been deleted and what goes along; chunks also where others take their
# place.
REMOVABLE = {
    "documents": "deleted_at IS NOT NULL",
    "document_texts": DELETED.format(table="document_texts"),
    "document_chunks": "true",
}
ORDERS = ("created_at", "updated_at", "title")


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default="PENDING", nullable=False),
        sa.Column("processing_error", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chunk_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 200", name=op.f("ck_documents_title_length")),
        sa.CheckConstraint("kind IN ('MARKDOWN', 'TEXT')", name=op.f("ck_documents_kind_known")),
        sa.CheckConstraint("char_length(source) BETWEEN 1 AND 2000", name=op.f("ck_documents_source_length")),
        sa.CheckConstraint("size BETWEEN 0 AND 1048576", name=op.f("ck_documents_size_fits")),
        sa.CheckConstraint("text_hash ~ '^[0-9a-f]{64}$'", name=op.f("ck_documents_text_hash_form")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED')", name=op.f("ck_documents_status_known")
        ),
        sa.CheckConstraint(
            "(status IN ('PENDING', 'PROCESSING')) = (due_at IS NOT NULL)", name=op.f("ck_documents_due_until_done")
        ),
        sa.CheckConstraint(
            "CASE status WHEN 'FAILED' THEN processing_error IS NOT NULL"
            " WHEN 'COMPLETED' THEN processing_error IS NULL ELSE true END",
            name=op.f("ck_documents_error_where_failed"),
        ),
        sa.CheckConstraint("char_length(processing_error) <= 1000", name=op.f("ck_documents_processing_error_length")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_documents_attempts_not_negative")),
        sa.CheckConstraint("chunk_count >= 0", name=op.f("ck_documents_chunk_count_not_negative")),
        sa.CheckConstraint("version > 0", name=op.f("ck_documents_version_positive")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_documents_organizations"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_documents_teams"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_documents_users"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_documents")),
    )
    _make_indexes()
    _make_texts()
    _make_chunks()
    # As with tasks: room for each row's next version beside it, so that deletes leave the indexes alone.
    op.execute("ALTER TABLE documents SET (fillfactor = 45)")
    for table, removable in REMOVABLE.items():
        for statement in isolate(table):
            op.execute(statement)
        op.execute(
            f"CREATE POLICY removable ON {table} AS RESTRICTIVE FOR DELETE TO trellis_runtime USING ({removable})"
        )
        op.execute(f"GRANT DELETE ON {table} TO trellis_runtime")
    op.execute(f"CREATE POLICY due ON documents FOR SELECT USING ({PROCESSING} AND due_at IS NOT NULL)")
    op.execute(f"CREATE POLICY failed ON documents FOR SELECT USING ({PROCESSING} AND status = 'FAILED')")
    op.execute(PROCESS)
    op.execute(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO trellis_runtime")


def _make_indexes() -> None:
    op.create_index("ix_documents_created_by", "documents", ["created_by"], unique=False)
    op.create_index(
        "ix_documents_due",
        "documents",
        ["organization_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    for order in ORDERS:
        op.create_index(
            f"ix_documents_organization_{order}", "documents", ["organization_id", order, "id"], unique=False
        )
        op.create_index(
            f"ix_documents_team_{order}", "documents", ["organization_id", "team_id", order, "id"], unique=False
        )


def _make_texts() -> None:
    op.create_table(
        "document_texts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.CheckConstraint("octet_length(text) <= 1048576", name=op.f("ck_document_texts_text_fits")),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_document_texts_documents"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("organization_id", "document_id", name=op.f("pk_document_texts")),
    )


def _make_chunks() -> None:
    op.create_table(
        "document_chunks",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(), nullable=True),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.CheckConstraint("index >= 0", name=op.f("ck_document_chunks_index_not_negative")),
        sa.CheckConstraint("page >= 1", name=op.f("ck_document_chunks_page_positive")),
        sa.ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            name=op.f("fk_document_chunks_documents"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_document_chunks")),
    )
    op.create_index(
        "ix_document_chunks_index", "document_chunks", ["organization_id", "document_id", "index", "id"], unique=False
    )


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {FUNCTION}")
    for table in ("document_chunks", "document_texts", "documents"):
        op.drop_table(table)
