"""Bound how much is kept of one caller's answers, and note what they were when they got them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_kept_answers"
down_revision = "2026_11_29_search_plans"
branch_labels = None
depends_on = None


# What was kept before is not shown again: nobody knows what its caller might see then. It is gone after a day.
def upgrade() -> None:
    op.add_column("idempotency_keys", sa.Column("roles", sa.String(), nullable=True))
    op.add_column("idempotency_keys", sa.Column("kept_bytes", sa.BigInteger(), nullable=True))
    op.create_index(  # of nothing yet, in a table that holds a day: it takes a third of a second for a million rows
        "ix_idempotency_keys_kept",
        "idempotency_keys",
        ["actor_id", "kept_bytes"],
        postgresql_where=sa.text("kept_bytes IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_idempotency_keys_kept", "idempotency_keys")
    op.drop_column("idempotency_keys", "kept_bytes")
    op.drop_column("idempotency_keys", "roles")
