"""Let several tasks have had a key: one that was deleted hid those that had it before and live."""

from alembic import op

revision = "2026_11_30_former_keys"
down_revision = "2026_11_30_bearers"
branch_labels = None
depends_on = None

# Of several the one that had it last, which is the only one that was kept before.
FORGET = """
DELETE FROM former_task_keys AS former USING former_task_keys AS other
WHERE other.organization_id = former.organization_id AND other.key = former.key
AND (other.created_at, other.task_id) > (former.created_at, former.task_id)
"""


def upgrade() -> None:
    op.drop_constraint("pk_former_task_keys", "former_task_keys")
    op.execute(
        "ALTER TABLE former_task_keys ADD CONSTRAINT pk_former_task_keys"
        " PRIMARY KEY USING INDEX uq_former_task_keys_bearer"
    )


def downgrade() -> None:
    op.drop_constraint("pk_former_task_keys", "former_task_keys")
    op.execute("ALTER TABLE former_task_keys NO FORCE ROW LEVEL SECURITY")  # all of them, whosever they are
    op.execute(FORGET)
    op.execute("ALTER TABLE former_task_keys FORCE ROW LEVEL SECURITY")
    op.create_primary_key("pk_former_task_keys", "former_task_keys", ["organization_id", "key"])
    op.create_index(
        "uq_former_task_keys_bearer", "former_task_keys", ["organization_id", "key", "task_id"], unique=True
    )
