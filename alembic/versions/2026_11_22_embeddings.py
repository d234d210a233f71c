"""Make what search reads: texts, models, embeddings and the queue."""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.db.isolation import isolate

revision = "2026_11_22_embeddings"
down_revision = "2026_11_22_documents"
branch_labels = None
depends_on = None

# The worker that embeds belongs to nobody: it has to find what is due in every organization, with a role that sees
# none. So it says what it is about, and is shown the queue, and which organizations there are. To read a text it takes
# on the identity of the one organization that the text is of. As with the purge, none of this keeps out somebody who
# has the role's password; it sees to it that a statement which lacks a condition reaches no more than it should.
EMBEDDING = "current_setting('app.purpose', true) = 'embed'"
EMBED = """
CREATE FUNCTION trellis_embed(embedded_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.purpose', 'embed', true);
    IF EXISTS (SELECT FROM organizations WHERE id = embedded_id) THEN
        PERFORM set_config('app.organization_ids', ARRAY[embedded_id]::text, true);
    END IF;
END $$
"""
FUNCTION = "trellis_embed(uuid)"
# What the server may remove by itself: the rest goes with the texts.
REMOVABLE = {
    "embeddings": "EXISTS (SELECT FROM embedding_models WHERE id = model_id AND state = 'retiring')",
    "embedding_jobs": "true",
}
# The model that a new database begins with, and its index for each kind of text.
FIRST_MODEL = "INSERT INTO embedding_models (id, name, dimension, state) VALUES (1, 'wordllama', 256, 'active')"
FIRST_INDEX = """
CREATE INDEX ix_embeddings_model_1_{name} ON embeddings USING hnsw ((embedding::vector(256)) vector_cosine_ops)
WITH (m = 24, ef_construction = 128) WHERE model_id = 1 AND kind = '{kind}'
"""


def upgrade() -> None:
    op.create_table(
        "embedding_models",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_embedding_models_name_length")),
        sa.CheckConstraint("dimension BETWEEN 1 AND 2000", name=op.f("ck_embedding_models_dimension_indexable")),
        sa.CheckConstraint(
            "state IN ('building', 'ready', 'active', 'retiring')", name=op.f("ck_embedding_models_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embedding_models")),
    )
    op.create_index("uq_embedding_models_name", "embedding_models", ["name"], unique=True)
    op.create_index(
        "uq_embedding_models_active",
        "embedding_models",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )

    op.create_table(
        "search_texts",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("content", TSVECTOR(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "task_id",
            sa.Uuid(),
            sa.Computed("CASE kind WHEN 'TASK' THEN subject_id END", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "chunk_id",
            sa.Uuid(),
            sa.Computed("CASE kind WHEN 'CHUNK' THEN subject_id END", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("kind IN ('TASK', 'CHUNK')", name=op.f("ck_search_texts_kind_known")),
        sa.ForeignKeyConstraint(
            ["organization_id", "task_id"],
            ["tasks.organization_id", "tasks.id"],
            name=op.f("fk_search_texts_tasks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "chunk_id"],
            ["document_chunks.organization_id", "document_chunks.id"],
            name=op.f("fk_search_texts_document_chunks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", "subject_id", name=op.f("pk_search_texts")),
    )
    op.create_index(
        "ix_search_texts_task",
        "search_texts",
        ["organization_id", "task_id"],
        unique=False,
        postgresql_where=sa.text("task_id IS NOT NULL"),
    )
    op.create_index(
        "ix_search_texts_chunk",
        "search_texts",
        ["organization_id", "chunk_id"],
        unique=False,
        postgresql_where=sa.text("chunk_id IS NOT NULL"),
    )

    op.create_table(
        "embeddings",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.SmallInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("embedding", VECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "kind", "subject_id"],
            ["search_texts.organization_id", "search_texts.kind", "search_texts.subject_id"],
            name=op.f("fk_embeddings_search_texts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", "subject_id", "model_id", name=op.f("pk_embeddings")),
    )

    op.create_table(
        "embedding_jobs",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_embedding_jobs_attempts_not_negative")),
        sa.ForeignKeyConstraint(
            ["organization_id", "kind", "subject_id"],
            ["search_texts.organization_id", "search_texts.kind", "search_texts.subject_id"],
            name=op.f("fk_embedding_jobs_search_texts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", "subject_id", name=op.f("pk_embedding_jobs")),
    )
    op.create_index(
        "ix_embedding_jobs_due",
        "embedding_jobs",
        ["organization_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("parked_at IS NULL"),
    )

    op.execute("GRANT SELECT ON embedding_models TO trellis_runtime")
    op.execute("GRANT SELECT ON alembic_version TO trellis_runtime")  # `trellis doctor` says whether it is the newest
    op.execute(FIRST_MODEL)
    for kind in ("TASK", "CHUNK"):
        op.execute(FIRST_INDEX.format(kind=kind, name=kind.lower()))
    for table in ("search_texts", "embeddings", "embedding_jobs"):
        for statement in isolate(table):
            op.execute(statement)
    for table in ("organizations", "embedding_jobs"):
        op.execute(f"CREATE POLICY embedding ON {table} FOR SELECT USING ({EMBEDDING})")
    for table, removable in REMOVABLE.items():
        op.execute(
            f"CREATE POLICY removable ON {table} AS RESTRICTIVE FOR DELETE TO trellis_runtime USING ({removable})"
        )
        op.execute(f"GRANT DELETE ON {table} TO trellis_runtime")
    op.execute(EMBED)
    op.execute(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO trellis_runtime")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON alembic_version FROM trellis_runtime")
    op.execute(f"DROP FUNCTION {FUNCTION}")
    op.execute("DROP POLICY embedding ON organizations")
    for table in ("embedding_jobs", "embeddings", "search_texts", "embedding_models"):
        op.drop_table(table)
