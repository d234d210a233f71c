"""Make API keys, and let them act."""

revision = "2026_11_22_api_keys"
down_revision = "2026_11_22_ranking"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
