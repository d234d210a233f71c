"""Make teams, their members and the keys they had before."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import isolate

revision = "2026_11_22_teams"
down_revision = "2026_11_22_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("last_number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("key ~ '^[A-Z][A-Z0-9]{0,11}$'", name=op.f("ck_teams_key_form")),
        sa.CheckConstraint("char_length(description) <= 65536", name=op.f("ck_teams_description_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_teams_name_length")),
        sa.CheckConstraint("last_number >= 0", name=op.f("ck_teams_last_number_not_negative")),
        sa.CheckConstraint("version > 0", name=op.f("ck_teams_version_positive")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_teams_organizations"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_teams")),
    )
    op.create_index("ix_teams_created_at", "teams", ["organization_id", "created_at", "id"], unique=False)
    op.create_index("ix_teams_key", "teams", ["organization_id", "key", "id"], unique=False)
    op.create_index("ix_teams_name", "teams", ["organization_id", "name", "id"], unique=False)
    op.create_index(
        "uq_teams_key", "teams", ["organization_id", "key"], unique=True, postgresql_where=sa.text("deleted_at IS NULL")
    )

    op.create_table(
        "team_members",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("organization_member_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('ADMIN', 'MEMBER', 'VIEWER')", name=op.f("ck_team_members_role_known")),
        sa.ForeignKeyConstraint(
            ["organization_id", "organization_member_id"],
            ["organization_members.organization_id", "organization_members.id"],
            name=op.f("fk_team_members_organization_members"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_team_members_teams"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_team_members")),
        sa.UniqueConstraint("organization_id", "team_id", "id", name="uq_team_members_team"),
    )
    op.create_index(
        "ix_team_members_created_at", "team_members", ["organization_id", "team_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_team_members_organization_member_created_at",
        "team_members",
        ["organization_id", "organization_member_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_team_members_organization_member",
        "team_members",
        ["organization_id", "team_id", "organization_member_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "former_team_keys",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("key ~ '^[A-Z][A-Z0-9]{0,11}$'", name=op.f("ck_former_team_keys_key_form")),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_former_team_keys_teams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "key", "team_id", name=op.f("pk_former_team_keys")),
    )
    op.create_index("ix_former_team_keys_team", "former_team_keys", ["organization_id", "team_id"], unique=False)

    for table in ("teams", "team_members", "former_team_keys"):
        for statement in isolate(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("former_team_keys")
    op.drop_table("team_members")
    op.drop_table("teams")
