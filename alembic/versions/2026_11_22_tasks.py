"""Make tasks and the keys they had before."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import isolate

revision = "2026_11_22_tasks"
down_revision = "2026_11_22_teams"
branch_labels = None
depends_on = None

# A CHECK cannot hold a subquery.
TAGS_VALID = """
CREATE FUNCTION trellis_tags_valid(tags text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT cardinality(tags) <= 20 AND NOT EXISTS (
        SELECT FROM unnest(tags) AS tag WHERE tag IS NULL OR char_length(tag) NOT BETWEEN 1 AND 50
    )
$$
"""


def upgrade() -> None:
    op.execute(TAGS_VALID)
    op.create_table(
        "tasks",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("estimate", sa.Float(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("creator_id", sa.Uuid(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "status_rank",
            sa.SmallInteger(),
            sa.Computed(
                "CASE status WHEN 'BACKLOG' THEN 1 WHEN 'TODO' THEN 2 WHEN 'IN_PROGRESS' THEN 3"
                " WHEN 'IN_REVIEW' THEN 4 WHEN 'DONE' THEN 5 ELSE 6 END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "priority_rank",
            sa.SmallInteger(),
            sa.Computed(
                "CASE priority WHEN 'URGENT' THEN 1 WHEN 'HIGH' THEN 2 WHEN 'MEDIUM' THEN 3"
                " WHEN 'LOW' THEN 4 ELSE 5 END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column(
            "due_rank", sa.Date(), sa.Computed("COALESCE(due_date, 'infinity'::date)", persisted=True), nullable=False
        ),
        sa.CheckConstraint("(status = 'DONE') = (completed_at IS NOT NULL)", name=op.f("ck_tasks_completed_when_done")),
        sa.CheckConstraint("due_date BETWEEN '0001-01-02' AND '9999-12-30'", name=op.f("ck_tasks_due_date_fits")),
        sa.CheckConstraint("estimate BETWEEN 0 AND 1000000", name=op.f("ck_tasks_estimate_fits")),
        sa.CheckConstraint(
            "priority IN ('NONE', 'URGENT', 'HIGH', 'MEDIUM', 'LOW')", name=op.f("ck_tasks_priority_known")
        ),
        sa.CheckConstraint(
            "status IN ('BACKLOG', 'TODO', 'IN_PROGRESS', 'IN_REVIEW', 'DONE', 'CANCELED')",
            name=op.f("ck_tasks_status_known"),
        ),
        sa.CheckConstraint("char_length(description) <= 65536", name=op.f("ck_tasks_description_length")),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 200", name=op.f("ck_tasks_title_length")),
        sa.CheckConstraint("number > 0", name=op.f("ck_tasks_number_positive")),
        sa.CheckConstraint("trellis_tags_valid(tags)", name=op.f("ck_tasks_tags_valid")),
        sa.CheckConstraint("version > 0", name=op.f("ck_tasks_version_positive")),
        sa.ForeignKeyConstraint(["creator_id"], ["users.id"], name=op.f("fk_tasks_users"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id", "assignee_id"],
            ["team_members.organization_id", "team_members.team_id", "team_members.id"],
            name=op.f("fk_tasks_team_members"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_tasks_teams"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("organization_id", "team_id", "number", name="uq_tasks_number"),
    )
    op.create_index(
        "ix_tasks_assignee_created_at",
        "tasks",
        ["organization_id", "assignee_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_assignee_due_rank",
        "tasks",
        ["organization_id", "assignee_id", "due_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_assignee_number",
        "tasks",
        ["organization_id", "assignee_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_assignee_priority_rank",
        "tasks",
        ["organization_id", "assignee_id", "priority_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_assignee_status_rank",
        "tasks",
        ["organization_id", "assignee_id", "status_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_assignee_title",
        "tasks",
        ["organization_id", "assignee_id", "title", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_assignee_updated_at",
        "tasks",
        ["organization_id", "assignee_id", "updated_at", "id"],
        unique=False,
    )
    op.create_index("ix_tasks_creator", "tasks", ["creator_id"], unique=False)
    op.create_index(
        "ix_tasks_organization_created_at",
        "tasks",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_organization_due_rank",
        "tasks",
        ["organization_id", "due_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_organization_number",
        "tasks",
        ["organization_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_organization_priority_rank",
        "tasks",
        ["organization_id", "priority_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_organization_status_rank",
        "tasks",
        ["organization_id", "status_rank", "id"],
        unique=False,
    )
    op.create_index("ix_tasks_organization_title", "tasks", ["organization_id", "title", "id"], unique=False)
    op.create_index(
        "ix_tasks_organization_updated_at",
        "tasks",
        ["organization_id", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_team_created_at",
        "tasks",
        ["organization_id", "team_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_team_due_rank",
        "tasks",
        ["organization_id", "team_id", "due_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_team_priority_rank",
        "tasks",
        ["organization_id", "team_id", "priority_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_team_status_rank",
        "tasks",
        ["organization_id", "team_id", "status_rank", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_team_title",
        "tasks",
        ["organization_id", "team_id", "title", "id"],
        unique=False,
    )
    op.create_index(
        "ix_tasks_team_updated_at",
        "tasks",
        ["organization_id", "team_id", "updated_at", "id"],
        unique=False,
    )

    op.create_table(
        "former_task_keys",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("key ~ '^[A-Z][A-Z0-9]{0,11}-[0-9]{1,10}$'", name=op.f("ck_former_task_keys_key_form")),
        sa.ForeignKeyConstraint(
            ["organization_id", "task_id"],
            ["tasks.organization_id", "tasks.id"],
            name=op.f("fk_former_task_keys_tasks"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("organization_id", "key", name=op.f("pk_former_task_keys")),
    )
    op.create_index("ix_former_task_keys_task", "former_task_keys", ["organization_id", "task_id"], unique=False)

    # Room for each row's next version on its page, which has two more values in it: a delete that stamps them all then
    # leaves the indexes alone.
    op.execute("ALTER TABLE tasks SET (fillfactor = 45)")
    for table in ("tasks", "former_task_keys"):
        for statement in isolate(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("former_task_keys")
    op.drop_table("tasks")
    op.execute("DROP FUNCTION trellis_tags_valid(text[])")
