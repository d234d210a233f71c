"""Let the server remove what a model had of a text before it lost its last word."""

from alembic import op

revision = "2026_12_01_stale_vectors"
down_revision = "2026_12_01_analyze"
branch_labels = None
depends_on = None

RETIRING = "EXISTS (SELECT FROM embedding_models WHERE id = model_id AND state = 'retiring')"
STALE = """
EXISTS (
    SELECT FROM search_texts AS texts
    WHERE texts.organization_id = embeddings.organization_id AND texts.kind = embeddings.kind
      AND texts.subject_id = embeddings.subject_id AND texts.content_hash <> embeddings.content_hash
)
"""


def upgrade() -> None:
    _let_go_of(f"{RETIRING} OR {STALE}")


def downgrade() -> None:
    _let_go_of(RETIRING)


def _let_go_of(removable: str) -> None:
    op.execute("DROP POLICY removable ON embeddings")
    op.execute(
        f"CREATE POLICY removable ON embeddings AS RESTRICTIVE FOR DELETE TO trellis_runtime USING ({removable})"
    )
