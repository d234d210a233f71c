"""List the tasks of a member by their priority, and those of the same priority by their due date."""

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_urgent_assignee"
down_revision = "2026_11_30_urgent_team"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index(
        "ix_tasks_assignee_urgency", "tasks", ["organization_id", "assignee_id", "priority_rank", "due_rank", "id"]
    )


def downgrade() -> None:
    drop_index("ix_tasks_assignee_urgency", "tasks")
