"""Find the texts that were given up without going through the queue."""

import sqlalchemy as sa

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_parked_jobs"
down_revision = "2026_11_30_underscores"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index(
        "ix_embedding_jobs_parked",
        "embedding_jobs",
        ["organization_id", "parked_at"],
        postgresql_where=sa.text("parked_at IS NOT NULL"),
    )


def downgrade() -> None:
    drop_index("ix_embedding_jobs_parked", "embedding_jobs")
