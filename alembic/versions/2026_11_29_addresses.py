"""Let one address be one person's, in every locale."""

import sqlalchemy as sa

from app.db.concurrently import build_index, drop_index

revision = "2026_11_29_addresses"
down_revision = "2026_11_29_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index(
        "uq_users_address",
        "users",
        [sa.literal_column('lower(email COLLATE "C")')],
        unique=True,
        postgresql_where=sa.text("owns_email"),
    )


def downgrade() -> None:
    drop_index("uq_users_address", "users")
