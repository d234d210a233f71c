"""Make what search reads: texts, models, embeddings and the queue."""

revision = "2026_11_22_embeddings"
down_revision = "2026_11_22_documents"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
