"""Make settings of organizations, teams and members."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import isolate

revision = "2026_11_22_settings"
down_revision = "2026_11_22_api_keys"
branch_labels = None
depends_on = None

WEEK_START_KNOWN = "week_start IN ('MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY')"
PRIORITY_KNOWN = "default_task_priority IN ('NONE', 'URGENT', 'HIGH', 'MEDIUM', 'LOW')"
LOCKED_KNOWN = (
    "array_position(locked, NULL) IS NULL AND locked <@ ARRAY['TIMEZONE', 'WEEK_START', 'DEFAULT_TASK_PRIORITY',"
    " 'RETENTION_DAYS', 'SEARCH_MODE', 'DIGEST']::text[]"
)


def upgrade() -> None:
    op.create_table(
        "organization_settings",
        *own_settings("organization_settings"),
        *group_settings("organization_settings"),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("search_mode", sa.String(), nullable=True),
        sa.CheckConstraint(
            "search_mode IN ('HYBRID', 'SEMANTIC', 'FULL_TEXT', 'FUZZY')",
            name=op.f("ck_organization_settings_search_mode_known"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_settings_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_organization_settings")),
    )
    op.create_table(
        "team_settings",
        *own_settings("team_settings"),
        *group_settings("team_settings"),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_team_settings_teams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "team_id", name=op.f("pk_team_settings")),
    )
    op.create_table(
        "team_member_settings",
        *own_settings("team_member_settings"),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("team_member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_member_id"],
            ["team_members.organization_id", "team_members.id"],
            name=op.f("fk_team_member_settings_team_members"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "team_member_id", name=op.f("pk_team_member_settings")),
    )
    for table in ("organization_settings", "team_settings", "team_member_settings"):
        for statement in isolate(table):
            op.execute(statement)


def own_settings(table: str) -> list[sa.schema.SchemaItem]:
    """What everybody may set."""
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.String(), nullable=True),
        sa.Column("week_start", sa.String(), nullable=True),
        sa.Column("default_task_priority", sa.String(), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("timezone ~ '^[A-Za-z0-9_+/-]{1,64}$'", name=op.f(f"ck_{table}_timezone_form")),
        sa.CheckConstraint(WEEK_START_KNOWN, name=op.f(f"ck_{table}_week_start_known")),
        sa.CheckConstraint(PRIORITY_KNOWN, name=op.f(f"ck_{table}_default_task_priority_known")),
        sa.CheckConstraint("version > 0", name=op.f(f"ck_{table}_version_positive")),
    ]


def group_settings(table: str) -> list[sa.schema.SchemaItem]:
    """What may be set for all members of something."""
    return [
        sa.Column("retention_days", sa.Integer(), nullable=True),
        sa.Column("locked", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("retention_days BETWEEN 1 AND 3650", name=op.f(f"ck_{table}_retention_days_range")),
        sa.CheckConstraint(LOCKED_KNOWN, name=op.f(f"ck_{table}_locked_known")),
    ]


def downgrade() -> None:
    op.drop_table("team_member_settings")
    op.drop_table("team_settings")
    op.drop_table("organization_settings")
