"""Keep keys of projects with an underscore, as other tools have them, for the tasks that come from there."""

from alembic import op

revision = "2026_11_30_underscores"
down_revision = "2026_11_30_exports"
branch_labels = None
depends_on = None

FORM = "ck_former_task_keys_key_form"


def upgrade() -> None:
    _hold_to("'^[A-Z][A-Z0-9_]{0,11}-[0-9]{1,10}$'")


def downgrade() -> None:
    """The keys of that form go: nothing could keep them, and the tasks stay."""
    op.execute("ALTER TABLE former_task_keys NO FORCE ROW LEVEL SECURITY")  # all of them, whosever they are
    op.execute("DELETE FROM former_task_keys WHERE key LIKE '%\\_%'")
    op.execute("ALTER TABLE former_task_keys FORCE ROW LEVEL SECURITY")
    _hold_to("'^[A-Z][A-Z0-9]{0,11}-[0-9]{1,10}$'")


def _hold_to(form: str) -> None:
    op.drop_constraint(op.f(FORM), "former_task_keys")
    op.create_check_constraint(op.f(FORM), "former_task_keys", f"key ~ {form}")
