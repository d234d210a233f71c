"""Remember since when a text has waited to be embedded."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_embedding_age"
down_revision = "2026_11_29_mending"
branch_labels = None
depends_on = None


# Rows that are there already get the moment of the migration, as row-level security hides them from it.
def upgrade() -> None:
    op.add_column(
        "embedding_jobs",
        sa.Column("waiting_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("embedding_jobs", "waiting_since")
