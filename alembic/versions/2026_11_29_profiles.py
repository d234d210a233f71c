"""Let people say what they are called, where their identity provider does not, and where their picture is."""

from alembic import op

from app.db.isolation import ACTOR_ID

revision = "2026_11_29_profiles"
down_revision = "2026_11_29_invitations"
branch_labels = None
depends_on = None

LENGTH = "ck_users_avatar_url_length"

# Runs as the owner of users, which the server cannot write: everybody changes themselves and nobody else. Answers what
# was there; nothing is changed where a name is given and the identity provider is who says it.
UPDATE = f"""
CREATE FUNCTION trellis_update_profile(changes jsonb) RETURNS TABLE (
    former_name varchar, former_avatar_url varchar, name_is_provided boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    former users;
BEGIN
    SELECT * INTO former FROM users WHERE id = {ACTOR_ID} FOR NO KEY UPDATE;
    IF former.id IS NOT NULL AND NOT (changes ? 'name' AND former.name_is_provided) THEN
        UPDATE users SET name = coalesce(changes ->> 'name', name),
               avatar_url = CASE WHEN changes ? 'avatar_url' THEN changes ->> 'avatar_url' ELSE avatar_url END,
               updated_at = clock_timestamp() WHERE id = former.id;
    END IF;
    RETURN QUERY SELECT former.name, former.avatar_url, former.name_is_provided WHERE former.id IS NOT NULL;
END $$
"""


def upgrade() -> None:
    op.create_check_constraint(op.f(LENGTH), "users", "char_length(avatar_url) BETWEEN 1 AND 2000")
    op.execute(UPDATE)
    op.execute("REVOKE ALL ON FUNCTION trellis_update_profile(jsonb) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION trellis_update_profile(jsonb) TO trellis_runtime")


def downgrade() -> None:
    op.execute("DROP FUNCTION trellis_update_profile(jsonb)")
    op.drop_constraint(op.f(LENGTH), "users")
