"""List the tasks of an organization from the latest due date on, those without one last."""

from sqlalchemy import text

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_due_organization"
down_revision = "2026_11_30_floors"
branch_labels = None
depends_on = None

LATEST_DUE = text("(COALESCE(due_date, '-infinity'::date))")


def upgrade() -> None:
    build_index("ix_tasks_organization_latest_due", "tasks", ["organization_id", LATEST_DUE, "id"])


def downgrade() -> None:
    drop_index("ix_tasks_organization_latest_due", "tasks")
