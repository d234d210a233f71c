"""Make documents and their chunks."""

revision = "2026_11_22_documents"
down_revision = "2026_11_22_writes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
