"""Keep with each model below which similarity texts have nothing to do with each other."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_30_floors"
down_revision = "2026_11_30_waiting_jobs"
branch_labels = None
depends_on = None

# Those of the models that come along; others are measured by the next `trellis embed`.
FLOORS = {"wordllama": 0.22, "minilm": 0.24}


def upgrade() -> None:
    op.add_column("embedding_models", sa.Column("floor", sa.Float(), nullable=True))
    op.create_check_constraint(
        op.f("ck_embedding_models_floor_is_similarity"), "embedding_models", "floor BETWEEN -1 AND 1"
    )
    for name, floor in FLOORS.items():
        op.execute(f"UPDATE embedding_models SET floor = {floor} WHERE name = '{name}'")


def downgrade() -> None:
    op.drop_column("embedding_models", "floor")
