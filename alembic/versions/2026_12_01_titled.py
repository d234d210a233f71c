"""Let the index of titles be read: row-level security lets no function but PostgreSQL's surest come before it."""

from alembic import op

revision = "2026_12_01_titled"
down_revision = "2026_12_01_titles"
branch_labels = None
depends_on = None

# The caller's tasks with one of these titles. It runs as a role that is shown the titles of all organizations, and
# looks into those alone that the caller is in. Each is looked up: the planner does not know how few they are.
TITLED = """
CREATE FUNCTION trellis_titled(titles text[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT found.id
    FROM unnest(nullif(current_setting('app.organization_ids', true), '')::uuid[]) AS own (id),
         (SELECT DISTINCT trellis_folded(one) AS title FROM unnest(titles) AS one) AS wanted,
         LATERAL (SELECT tasks.id FROM tasks
                  WHERE tasks.organization_id = own.id AND trellis_folded(tasks.title) = wanted.title OFFSET 0) AS found
$$
"""


def upgrade() -> None:
    op.execute("CREATE POLICY ranking ON tasks FOR SELECT TO trellis_ranking USING (true)")
    op.execute("GRANT SELECT (organization_id, id, title) ON tasks TO trellis_ranking")
    op.execute(TITLED)
    op.execute("REVOKE ALL ON FUNCTION trellis_titled(text[]) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION trellis_titled(text[]) TO trellis_runtime")
    op.execute("GRANT CREATE ON SCHEMA public TO trellis_ranking")  # a new owner must be allowed to make what it gets
    op.execute("ALTER FUNCTION trellis_titled(text[]) OWNER TO trellis_ranking")
    op.execute("REVOKE CREATE ON SCHEMA public FROM trellis_ranking")


def downgrade() -> None:
    op.execute("DROP FUNCTION trellis_titled(text[])")
    op.execute("REVOKE SELECT (organization_id, id, title) ON tasks FROM trellis_ranking")
    op.execute("DROP POLICY ranking ON tasks")
