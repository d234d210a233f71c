"""Find tasks by their whole titles, whatever their case, without a look at all others: an index that is read for it."""

import sqlalchemy as sa

from app.db.concurrently import build_index, drop_index

revision = "2026_12_01_titles"
down_revision = "2026_12_01_spelling"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_tasks_folded_title", "tasks", ["organization_id", sa.literal_column("trellis_folded(title)")])


def downgrade() -> None:
    drop_index("ix_tasks_folded_title", "tasks")
