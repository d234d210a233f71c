"""List the tasks of a team from the latest due date on, those without one last."""

from sqlalchemy import text

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_due_team"
down_revision = "2026_11_30_due_organization"
branch_labels = None
depends_on = None

LATEST_DUE = text("(COALESCE(due_date, '-infinity'::date))")


def upgrade() -> None:
    build_index("ix_tasks_team_latest_due", "tasks", ["organization_id", "team_id", LATEST_DUE, "id"])


def downgrade() -> None:
    drop_index("ix_tasks_team_latest_due", "tasks")
