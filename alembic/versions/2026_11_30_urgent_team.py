"""List the tasks of a team by their priority, and those of the same priority by their due date."""

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_urgent_team"
down_revision = "2026_11_30_urgent_organization"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("ix_tasks_team_urgency", "tasks", ["organization_id", "team_id", "priority_rank", "due_rank", "id"])


def downgrade() -> None:
    drop_index("ix_tasks_team_urgency", "tasks")
