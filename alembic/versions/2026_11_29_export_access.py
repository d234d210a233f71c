"""Let `trellis export` into one organization, whose operator holds the database's address."""

from alembic import op

revision = "2026_11_29_export_access"
down_revision = "2026_11_29_profiles"
branch_labels = None
depends_on = None

PURPOSE = "current_setting('app.purpose', true) = 'export'"

# Whoever exports by the command is nobody: they name the organization, and see it alone until the transaction ends. As
# with the server's own work, this keeps nobody out who has the role's password; it sees to it that a statement which
# lacks a condition reaches no more than it should. Answers the organization; NULL where none that lives has the slug.
ENTER = """
CREATE FUNCTION trellis_export_organization(exported_slug text) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    PERFORM set_config('app.purpose', 'export', true);
    SELECT id INTO found_id FROM organizations WHERE slug = exported_slug AND deleted_at IS NULL;
    PERFORM set_config('app.purpose', '', true);
    PERFORM set_config('app.organization_ids', coalesce(ARRAY[found_id], '{}')::text, true);
    RETURN found_id;
END $$
"""
FUNCTION = "trellis_export_organization(text)"


def upgrade() -> None:
    op.execute(f"CREATE POLICY exporting ON organizations FOR SELECT USING ({PURPOSE})")
    op.execute(ENTER)
    op.execute(f"REVOKE ALL ON FUNCTION {FUNCTION} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {FUNCTION} TO trellis_runtime")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {FUNCTION}")
    op.execute("DROP POLICY exporting ON organizations")
