"""Find the texts that have waited for long without going through the queue."""

import sqlalchemy as sa

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_waiting_jobs"
down_revision = "2026_11_30_parked_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index(
        "ix_embedding_jobs_waiting",
        "embedding_jobs",
        ["waiting_since"],
        postgresql_where=sa.text("parked_at IS NULL"),
    )


def downgrade() -> None:
    drop_index("ix_embedding_jobs_waiting", "embedding_jobs")
