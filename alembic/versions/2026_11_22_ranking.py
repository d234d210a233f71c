"""Make the functions that rank, and the words of each organization."""

revision = "2026_11_22_ranking"
down_revision = "2026_11_22_embeddings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
