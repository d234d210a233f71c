"""Make people, organizations and memberships, and say who sees them."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import ACTOR_ID, ORGANIZATION_IDS, isolate

revision = "2026_11_22_people"
down_revision = None
branch_labels = None
depends_on = None

# Roles belong to the whole cluster: another database may have made it already.
RUNTIME_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trellis_runtime') THEN
        CREATE ROLE trellis_runtime NOLOGIN NOBYPASSRLS;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

# Every function names pg_temp last: unnamed, it would be searched first, and a temporary table called `users` would
# take the place of the real one in what runs as its owner.

# The one place that says who is calling. Memberships are read in the caller's own snapshot, so that a removed member is
# out from the next operation on. The server sends the fingerprint of the memberships it believes in; where they have
# changed since, it is told so (TRL01) and begins again with the new ones. The answer is the fingerprint.
IDENTIFY = """
CREATE FUNCTION trellis_identify(actor_id uuid, expected text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    organization_ids uuid[];
    fingerprint text;
BEGIN
    PERFORM set_config('app.actor_id', actor_id::text, true);
    SELECT coalesce(array_agg(organization_id ORDER BY organization_id), '{}'),
           md5(coalesce(string_agg(organization_id || role, ',' ORDER BY organization_id), ''))
      INTO organization_ids, fingerprint
      FROM organization_members WHERE user_id = actor_id AND deleted_at IS NULL;
    IF expected IS NOT NULL AND expected <> fingerprint THEN
        RAISE EXCEPTION 'memberships have changed' USING ERRCODE = 'TRL01';
    END IF;
    PERFORM set_config('app.organization_ids', organization_ids::text, true);
    RETURN fingerprint;
END $$
"""

# An organization that is being made has no members yet, so its founder's identity has to be widened by its id for the
# rest of the transaction. One that exists cannot be entered this way.
FOUND = """
CREATE FUNCTION trellis_found(founded_id uuid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    known uuid[] := coalesce(nullif(current_setting('app.organization_ids', true), ''), '{}');
BEGIN
    PERFORM set_config('app.organization_ids', (known || founded_id)::text, true);
    IF EXISTS (SELECT FROM organizations WHERE id = founded_id) THEN
        RAISE EXCEPTION 'the organization exists' USING ERRCODE = 'TRL04';
    END IF;
END $$
"""

# Runs as the owner of users, since nobody is identified yet. An invitation by e-mail is theirs who signs in with that
# address first, but only where the identity provider vouches for it: anyone can type any address. Who signs in with an
# address that nobody vouches for does not own it, so that nobody can lie in wait there for somebody else's invitation.
SIGN_IN = """
CREATE FUNCTION trellis_sign_in(new_subject text, new_email text, new_name text, email_verified boolean) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT id INTO found_id FROM users WHERE subject = new_subject;
    IF found_id IS NOT NULL THEN RETURN found_id; END IF;
    IF new_email IS NULL THEN
        RAISE EXCEPTION 'no e-mail address' USING ERRCODE = 'TRL02';
    END IF;
    UPDATE users SET subject = new_subject, name = coalesce(nullif(new_name, ''), name), updated_at = clock_timestamp()
     WHERE lower(email) = lower(new_email) AND subject IS NULL AND email_verified RETURNING id INTO found_id;
    IF found_id IS NOT NULL THEN RETURN found_id; END IF;
    IF email_verified OR NOT EXISTS (SELECT FROM users WHERE lower(email) = lower(new_email) AND owns_email) THEN
        INSERT INTO users (id, subject, email, owns_email, name, created_at, updated_at)
        VALUES (uuidv7_now(), new_subject, new_email, email_verified,
                coalesce(nullif(new_name, ''), left(split_part(new_email, '@', 1), 100)),
                clock_timestamp(), clock_timestamp())
        ON CONFLICT DO NOTHING RETURNING id INTO found_id;
    END IF;
    IF found_id IS NULL THEN  -- another request was first, or the address is somebody else's
        SELECT id INTO found_id FROM users WHERE subject = new_subject;
    END IF;
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'the e-mail address belongs to another sign-in' USING ERRCODE = 'TRL03';
    END IF;
    RETURN found_id;
END $$
"""

# Runs as the owner of users: whether an address is known must not depend on who asks, and must not be told either.
INVITE = """
CREATE FUNCTION trellis_invite(new_email text, new_name text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    INSERT INTO users (id, email, name, created_at, updated_at)
    VALUES (uuidv7_now(), new_email, new_name, clock_timestamp(), clock_timestamp())
    ON CONFLICT DO NOTHING RETURNING id INTO found_id;
    IF found_id IS NULL THEN
        SELECT id INTO found_id FROM users WHERE lower(email) = lower(new_email) AND owns_email;
    END IF;
    RETURN found_id;
END $$
"""

# PostgreSQL has uuidv7() from version 18 on. RFC 9562, section 5.7: 48 bits of milliseconds, version 7, then random.
UUIDV7 = """
CREATE FUNCTION uuidv7_now() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH clock AS (
        SELECT substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) AS milliseconds
    )
    SELECT encode(
        set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING milliseconds FROM 1 FOR 6), 52, 1), 53, 1), 'hex'
    )::uuid FROM clock
$$
"""

FUNCTIONS = (
    "trellis_identify(uuid, text)",
    "trellis_found(uuid)",
    "trellis_sign_in(text, text, text, boolean)",
    "trellis_invite(text, text)",
)

# People are seen by themselves and by those they share, or shared, an organization with. The owner is not forced: the
# functions above run as the owner, before anyone is identified. OFFSET keeps the planner from hashing all the members
# of the caller's organizations to find one.
USERS = (
    "ALTER TABLE users ENABLE ROW LEVEL SECURITY",
    f"""
    CREATE POLICY isolation ON users FOR SELECT USING (id = {ACTOR_ID} OR EXISTS (
        SELECT FROM organization_members AS shared
        WHERE shared.user_id = users.id AND shared.organization_id = ANY ({ORGANIZATION_IDS}) OFFSET 0
    ))
    """,
    "GRANT SELECT ON users TO trellis_runtime",
)


def upgrade() -> None:
    op.execute(RUNTIME_ROLE)
    op.create_table(
        "users",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("owns_email", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("avatar_url", sa.String(), nullable=True),
        sa.CheckConstraint("char_length(email) BETWEEN 3 AND 254", name=op.f("ck_users_email_length")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_users_name_length")),
        sa.CheckConstraint("char_length(subject) BETWEEN 1 AND 255", name=op.f("ck_users_subject_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index(
        "uq_users_email",
        "users",
        [sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("owns_email"),
    )
    op.create_index("uq_users_subject", "users", ["subject"], unique=True)

    op.create_table(
        "organizations",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z0-9-]{2,50}$'", name=op.f("ck_organizations_slug_form")),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_organizations_name_length")),
        sa.CheckConstraint("version > 0", name=op.f("ck_organizations_version_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_index(
        "uq_organizations_slug", "organizations", ["slug"], unique=True, postgresql_where=sa.text("deleted_at IS NULL")
    )

    op.create_table(
        "organization_members",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.CheckConstraint("role IN ('OWNER', 'ADMIN', 'MEMBER')", name=op.f("ck_organization_members_role_known")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_organization_members_organizations"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_organization_members_users"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_organization_members")),
    )
    op.create_index(
        "ix_organization_members_created_at",
        "organization_members",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_organization_members_user", "organization_members", ["user_id", "organization_id"], unique=False
    )
    op.create_index(
        "uq_organization_members_user",
        "organization_members",
        ["organization_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )

    for statement in (
        *USERS,
        *isolate("organizations", visible=f"id = ANY ({ORGANIZATION_IDS})"),
        *isolate("organization_members"),
    ):
        op.execute(statement)
    # Who somebody is has to be found before their organizations are known.
    op.execute(f"CREATE POLICY self ON organization_members FOR SELECT USING (user_id = {ACTOR_ID})")
    for function in (UUIDV7, IDENTIFY, FOUND, SIGN_IN, INVITE):
        op.execute(function)
    for signature in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")


def downgrade() -> None:
    for signature in (*FUNCTIONS, "uuidv7_now()"):
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP POLICY isolation ON users")
    for table in ("organization_members", "organizations", "users"):
        op.drop_table(table)
