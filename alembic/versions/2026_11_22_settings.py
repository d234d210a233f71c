"""Make settings of organizations, teams and members."""

revision = "2026_11_22_settings"
down_revision = "2026_11_22_api_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
