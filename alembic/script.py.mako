"""${message}."""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


# An index on a table that has rows is built without stopping its writers, by a revision that does nothing else; it needs
# no `op`:
#   from app.db.concurrently import build_index, drop_index
#   def upgrade(): build_index("ix_…", "table", ["organization_id", …])
#   def downgrade(): drop_index("ix_…")
# Everything else is one transaction: all of a revision is done, or nothing. Row-level security holds the owner too.
def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
