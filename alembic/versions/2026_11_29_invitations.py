"""Make invitations, which whoever is invited accepts."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import ACTOR_ID, isolate

revision = "2026_11_29_invitations"
down_revision = "2026_11_29_folded_addresses"
branch_labels = None
depends_on = None

PENDING = "status = 'PENDING'"

# Whoever is invited is in none of the organizations that invite them: what finds an invitation for them runs as the
# owner of the tables, who is shown the invitations of all organizations for this purpose alone.
PURPOSE = "current_setting('app.purpose', true) = 'invitation'"
POLICY = f"CREATE POLICY invited ON invitations FOR SELECT TO CURRENT_USER USING ({PURPOSE})"

# The address of whoever is calling, where their identity provider vouches for it.
OWN_KEY = f"""
    SELECT lower(email COLLATE "C") INTO own_key FROM users
     WHERE id = {ACTOR_ID} AND owns_email AND subject IS NOT NULL;
"""

# What the caller's address is invited to. Each organization's own policies hold for what else is read of it.
RECEIVED = f"""
CREATE FUNCTION trellis_received_invitations() RETURNS TABLE (
    organization_id uuid, id uuid, organization_name varchar, role varchar, message varchar, invited_by varchar,
    created_at timestamptz, expires_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    former_ids text := current_setting('app.organization_ids', true);
    own_key text;
    ids uuid[];
BEGIN
    {OWN_KEY}
    PERFORM set_config('app.purpose', 'invitation', true);
    SELECT array_agg(organization_id) INTO ids FROM (
        SELECT organization_id FROM invitations
         WHERE email_key = own_key AND {PENDING} AND expires_at > clock_timestamp() LIMIT 100
    ) AS newest;
    PERFORM set_config('app.purpose', '', true);
    PERFORM set_config('app.organization_ids', coalesce(ids, '{{}}')::text, true);
    RETURN QUERY
        SELECT one.organization_id, one.id, organization.name, one.role, one.message, inviter.name,
               one.created_at, one.expires_at
          FROM invitations AS one
          JOIN organizations AS organization ON organization.id = one.organization_id AND deleted_at IS NULL
          LEFT JOIN users AS inviter ON inviter.id = one.invited_by
         WHERE one.organization_id = ANY (ids) AND one.email_key = own_key AND one.{PENDING}
           AND one.expires_at > clock_timestamp()
         ORDER BY one.created_at DESC, one.id DESC;
    PERFORM set_config('app.organization_ids', coalesce(former_ids, ''), true);
END $$
"""

# Lets whoever may accept an invitation into its organization for the rest of the transaction, and answers which that
# is: the one that invites their address, or of whose link they hold the secret. Nothing else is told apart.
ENTER = f"""
CREATE FUNCTION trellis_enter(invitation_id uuid, presented bytea) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    former_ids text := coalesce(nullif(current_setting('app.organization_ids', true), ''), '{{}}');
    own_key text;
    invitation invitations;
BEGIN
    {OWN_KEY}
    PERFORM set_config('app.purpose', 'invitation', true);
    SELECT * INTO invitation FROM invitations WHERE id = invitation_id;
    PERFORM set_config('app.purpose', '', true);
    IF invitation.{PENDING} AND invitation.expires_at > clock_timestamp() AND (CASE
        WHEN presented IS NULL THEN invitation.email_key = own_key ELSE invitation.secret_hash = presented
    END) THEN
        PERFORM set_config('app.organization_ids', (former_ids::uuid[] || invitation.organization_id)::text, true);
        IF EXISTS (SELECT FROM organizations WHERE id = invitation.organization_id AND deleted_at IS NULL) THEN
            RETURN invitation.organization_id;
        END IF;
        PERFORM set_config('app.organization_ids', former_ids, true);
    END IF;
    RETURN NULL;
END $$
"""

# Whether an address is a member's of an organization that the caller is in. Runs as the owner of users, since callers
# may look nobody up by their address; it asks for a membership in any case, so that the time tells nothing either.
IS_MEMBER = """
CREATE FUNCTION trellis_is_member(in_organization_id uuid, address_key text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT id INTO found_id FROM users WHERE lower(email COLLATE "C") = address_key AND owns_email;
    RETURN EXISTS (
        SELECT FROM organization_members WHERE organization_id = in_organization_id AND deleted_at IS NULL
        AND user_id = coalesce(found_id, '00000000-0000-0000-0000-000000000000')
    );
END $$
"""

FUNCTIONS = ("trellis_received_invitations()", "trellis_enter(uuid, bytea)", "trellis_is_member(uuid, text)")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), sa.Computed('lower(email COLLATE "C")', persisted=True), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(email) BETWEEN 3 AND 254", name=op.f("ck_invitations_email_length")),
        sa.CheckConstraint("char_length(message) BETWEEN 1 AND 1000", name=op.f("ck_invitations_message_length")),
        sa.CheckConstraint("role IN ('OWNER', 'ADMIN', 'MEMBER')", name=op.f("ck_invitations_role_known")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'ACCEPTED', 'DECLINED', 'REVOKED')", name=op.f("ck_invitations_status_known")
        ),
        sa.CheckConstraint("octet_length(secret_hash) = 32", name=op.f("ck_invitations_secret_hash_length")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_invitations_organizations"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_invitations_users"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_invitations")),
    )
    pending = sa.text(PENDING)
    op.create_index(
        "uq_invitations_email", "invitations", ["organization_id", "email_key"], unique=True, postgresql_where=pending
    )
    op.create_index("ix_invitations_created_at", "invitations", ["organization_id", "created_at", "id"])
    op.create_index("ix_invitations_invited_by", "invitations", ["invited_by"])
    op.create_index("ix_invitations_id", "invitations", ["id"])
    op.create_index("ix_invitations_email", "invitations", ["email_key"], postgresql_where=pending)

    op.create_table(
        "invitation_teams",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('ADMIN', 'MEMBER', 'VIEWER')", name=op.f("ck_invitation_teams_role_known")),
        sa.ForeignKeyConstraint(
            ["organization_id", "invitation_id"],
            ["invitations.organization_id", "invitations.id"],
            name=op.f("fk_invitation_teams_invitations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "team_id"],
            ["teams.organization_id", "teams.id"],
            name=op.f("fk_invitation_teams_teams"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "invitation_id", "team_id", name=op.f("pk_invitation_teams")),
    )
    op.create_index("ix_invitation_teams_team", "invitation_teams", ["organization_id", "team_id"])
    for table in ("invitations", "invitation_teams"):
        for statement in isolate(table):
            op.execute(statement)
    op.execute(POLICY)
    for function in (RECEIVED, ENTER, IS_MEMBER):
        op.execute(function)
    for signature in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_table("invitation_teams")
    op.drop_table("invitations")
