"""Find people who were found to be somebody else: there are few, and who erases one looks for the others."""

import sqlalchemy as sa

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_merged_people"
down_revision = "2026_11_30_former_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index(
        "ix_users_merged",
        "users",
        [sa.literal_column('lower(email COLLATE "C")')],
        postgresql_where=sa.text("subject IS NULL AND NOT owns_email"),
    )


def downgrade() -> None:
    drop_index("ix_users_merged", "users")
