"""Leave the index by which a locale's letters made one person's address another's."""

import sqlalchemy as sa

from app.db.concurrently import build_index, drop_index

revision = "2026_11_29_folded_addresses"
down_revision = "2026_11_29_addresses"
branch_labels = None
depends_on = None


def upgrade() -> None:
    drop_index("uq_users_email", "users")


def downgrade() -> None:
    build_index(
        "uq_users_email",
        "users",
        [sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("owns_email"),
    )
