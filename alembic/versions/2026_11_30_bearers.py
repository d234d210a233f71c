"""Find each task that ever had a key: the index by which the next revision keeps them apart."""

from app.db.concurrently import build_index, drop_index

revision = "2026_11_30_bearers"
down_revision = "2026_11_29_export_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("uq_former_task_keys_bearer", "former_task_keys", ["organization_id", "key", "task_id"], unique=True)


def downgrade() -> None:
    drop_index("uq_former_task_keys_bearer", "former_task_keys")
