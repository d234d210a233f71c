"""Compare e-mail addresses by ASCII case alone, and let sign-ins follow the identity provider."""

from string import ascii_lowercase, ascii_uppercase

import idna
import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_people"
down_revision = "2026_11_29_kept_answers"
branch_labels = None
depends_on = None

# The key of an address. COLLATE "C" knows the letters A to Z and no others, in every database. A locale's `lower` makes
# an i of the Turkish dotted capital, or a k of the Kelvin sign, by which one person's address was another's.
KEY = 'lower({} COLLATE "C")'

# Of people with one address by the new rule, whom a Turkish locale kept apart, it is theirs who have signed in with it.
ONE_OWNER = f"""
UPDATE users SET owns_email = false WHERE owns_email AND EXISTS (
    SELECT FROM users AS other
    WHERE other.owns_email AND {KEY.format("other.email")} = {KEY.format("users.email")}
    AND (other.subject IS NULL, other.created_at, other.id) < (users.subject IS NULL, users.created_at, users.id)
)
"""

LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
WRITE_DOMAIN = """
UPDATE users SET email = :email, owns_email = owns_email AND NOT EXISTS (
    SELECT FROM users AS other WHERE other.owns_email AND other.id <> :id AND lower(other.email) = lower(:email)
) WHERE id = :id AND char_length(:email) <= 254
"""

# What runs as the owner of users may see and write memberships for one purpose: a person who was put somewhere by their
# address alone comes to the account that the address turns out to be of.
PURPOSE = "current_setting('app.purpose', true) = 'sign in'"
POLICY = f"CREATE POLICY joining ON organization_members TO CURRENT_USER USING ({PURPOSE}) WITH CHECK ({PURPOSE})"

# What is told of a person in each of their organizations, as app/events/record does: the counter's row gives the place.
NOTE = """
CREATE FUNCTION trellis_note_person(person_id uuid, changes jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    former_actor text := current_setting('app.actor_id', true);
    former_ids text := current_setting('app.organization_ids', true);
    ids uuid[];
    organization uuid;
    place bigint;
BEGIN
    PERFORM set_config('app.actor_id', person_id::text, true);
    SELECT coalesce(array_agg(organization_id ORDER BY organization_id), '{}') INTO ids
      FROM organization_members WHERE user_id = person_id AND deleted_at IS NULL;
    PERFORM set_config('app.organization_ids', ids::text, true);
    FOREACH organization IN ARRAY ids LOOP
        INSERT INTO event_counters (organization_id, last_sequence) VALUES (organization, 1)
        ON CONFLICT (organization_id) DO UPDATE SET last_sequence = event_counters.last_sequence + 1
        RETURNING last_sequence INTO place;
        INSERT INTO events
            (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
        VALUES (organization, uuidv7_now(), place, 'UPDATED', 'User', person_id, person_id, changes, greatest(
            clock_timestamp(),
            (SELECT created_at FROM events WHERE organization_id = organization ORDER BY sequence DESC LIMIT 1)
        ));
    END LOOP;
    PERFORM set_config('app.actor_id', coalesce(former_actor, ''), true);
    PERFORM set_config('app.organization_ids', coalesce(former_ids, ''), true);
END $$
"""

# The provider vouches for somebody's address: whoever was put there by the address alone, and has never signed in, is
# they. Their memberships come over, but where they are a member themselves.
MERGE = """
CREATE FUNCTION trellis_merge_person(guest_id uuid, person_id uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE users SET owns_email = false, updated_at = clock_timestamp() WHERE id = guest_id;
    PERFORM set_config('app.purpose', 'sign in', true);
    UPDATE organization_members AS guest SET user_id = person_id, updated_at = clock_timestamp()
     WHERE user_id = guest_id AND NOT EXISTS (
        SELECT FROM organization_members AS own WHERE own.user_id = person_id AND own.deleted_at IS NULL
        AND own.organization_id = guest.organization_id AND guest.deleted_at IS NULL
     );
    PERFORM set_config('app.purpose', '', true);
END $$
"""

# Runs as the owner of users, since nobody is identified yet. Anyone can type any address: it is theirs for whom the
# identity provider vouches, and nobody else is told whether it is anybody's.
SIGN_IN = f"""
CREATE FUNCTION trellis_sign_in(
    new_subject text, new_email text, new_name text, email_verified boolean, issued_at timestamptz
) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT id INTO found_id FROM users WHERE subject = new_subject;
    IF found_id IS NOT NULL THEN
        PERFORM trellis_follow_provider(found_id, new_email, new_name, email_verified, issued_at);
        RETURN found_id;
    END IF;
    IF new_email IS NULL THEN
        RAISE EXCEPTION 'no e-mail address' USING ERRCODE = 'TRL02';
    END IF;
    IF email_verified THEN
        UPDATE users SET subject = new_subject WHERE {KEY.format("email")} = {KEY.format("new_email")}
           AND owns_email AND subject IS NULL RETURNING id INTO found_id;
    END IF;
    IF found_id IS NOT NULL THEN
        PERFORM trellis_follow_provider(found_id, new_email, new_name, email_verified, issued_at);
        RETURN found_id;
    END IF;
    INSERT INTO users (id, subject, email, owns_email, name, name_is_provided, claims_issued_at, created_at, updated_at)
    VALUES (uuidv7_now(), new_subject, new_email, email_verified,
            coalesce(new_name, left(split_part(new_email, '@', 1), 100)), new_name IS NOT NULL, issued_at,
            clock_timestamp(), clock_timestamp())
    ON CONFLICT DO NOTHING RETURNING id INTO found_id;
    IF found_id IS NULL THEN  -- another request was first, or the address is somebody else's
        SELECT id INTO found_id FROM users WHERE subject = new_subject;
    END IF;
    IF found_id IS NULL THEN
        RAISE EXCEPTION 'the e-mail address is of another sign-in' USING ERRCODE = 'TRL03';
    END IF;
    RETURN found_id;
END $$
"""

# What the provider says now of somebody who is known. An older token than the newest that was seen says nothing: two
# clients of one person would change them to and fro. An address that is another account's stays that account's.
FOLLOW = f"""
CREATE FUNCTION trellis_follow_provider(
    person_id uuid, new_email text, new_name text, email_verified boolean, issued_at timestamptz
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    known users;
    changes jsonb := '{{}}';
    holder users;
    provided boolean := new_name IS NOT NULL;
BEGIN
    SELECT * INTO known FROM users WHERE id = person_id;
    IF issued_at < known.claims_issued_at THEN RETURN; END IF;
    new_name := coalesce(new_name, known.name);
    IF NOT email_verified OR known.owns_email AND new_email = known.email THEN new_email := NULL; END IF;
    IF new_email IS NULL AND new_name = known.name AND known.name_is_provided = provided THEN RETURN; END IF;

    SELECT * INTO known FROM users WHERE id = person_id FOR NO KEY UPDATE;
    IF new_email IS NOT NULL THEN
        SELECT * INTO holder FROM users
         WHERE {KEY.format("email")} = {KEY.format("new_email")} AND owns_email AND id <> person_id FOR NO KEY UPDATE;
        IF holder.id IS NULL OR holder.subject IS NULL THEN
            IF holder.id IS NOT NULL THEN PERFORM trellis_merge_person(holder.id, person_id); END IF;
            BEGIN
                UPDATE users SET email = new_email, owns_email = true WHERE id = person_id;
                changes := jsonb_build_object('email', jsonb_build_object('before', known.email, 'after', new_email));
            EXCEPTION WHEN unique_violation THEN NULL;  -- somebody signed in with it at this moment
            END;
        END IF;
    END IF;
    IF new_name <> known.name THEN
        changes := changes || jsonb_build_object('name', jsonb_build_object('before', known.name, 'after', new_name));
    END IF;
    UPDATE users SET name = new_name, name_is_provided = provided, claims_issued_at = issued_at,
           updated_at = clock_timestamp() WHERE id = person_id;
    IF changes <> '{{}}' THEN PERFORM trellis_note_person(person_id, changes); END IF;
END $$
"""

# For servers of the release before, while they still run, and for what makes people of whom nothing is claimed.
SIGN_IN_BEFORE = """
CREATE OR REPLACE FUNCTION trellis_sign_in(new_subject text, new_email text, new_name text, email_verified boolean)
RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT trellis_sign_in(new_subject, new_email, nullif(new_name, ''), email_verified, NULL::timestamptz)
$$
"""

# For imports, whose user holds the database's address: the person with that e-mail address, who is made where there is
# none, and is whoever signs in with it first.
INVITE = f"""
CREATE OR REPLACE FUNCTION trellis_invite(new_email text, new_name text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    INSERT INTO users (id, email, name, created_at, updated_at)
    VALUES (uuidv7_now(), new_email, new_name, clock_timestamp(), clock_timestamp())
    ON CONFLICT DO NOTHING RETURNING id INTO found_id;
    IF found_id IS NULL THEN
        SELECT id INTO found_id FROM users WHERE {KEY.format("email")} = {KEY.format("new_email")} AND owns_email;
    END IF;
    RETURN found_id;
END $$
"""

INNER = (
    "trellis_note_person(uuid, jsonb)",
    "trellis_merge_person(uuid, uuid)",
    "trellis_follow_provider(uuid, text, text, boolean, timestamptz)",
)
SIGNATURE = "trellis_sign_in(text, text, text, boolean, timestamptz)"


def upgrade() -> None:
    op.add_column("users", sa.Column("name_is_provided", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("claims_issued_at", sa.DateTime(timezone=True), nullable=True))
    _write_domains()
    op.execute(ONE_OWNER)
    op.execute(POLICY)
    for function in (NOTE, MERGE, FOLLOW, SIGN_IN, SIGN_IN_BEFORE, INVITE):
        op.execute(function)
    for signature in (*INNER, SIGNATURE):
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO trellis_runtime")


def downgrade() -> None:
    released = next(
        one.module
        for one in op.get_context().opts["script"].iterate_revisions("2026_11_22_people", "base")
        if one.revision == "2026_11_22_people"
    )
    for signature in (SIGNATURE, *INNER):
        op.execute(f"DROP FUNCTION {signature}")
    for function in (released.SIGN_IN, released.INVITE):
        op.execute(function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    op.execute("DROP POLICY joining ON organization_members")
    op.drop_column("users", "claims_issued_at")
    op.drop_column("users", "name_is_provided")


def _write_domains() -> None:
    """Writes domains beyond ASCII as the DNS does. One that is none stays, and nobody can sign in with it."""
    bind = op.get_bind()
    rows = bind.execute(sa.text("SELECT id, email FROM users WHERE split_part(email, '@', 2) ~ '[^[:ascii:]]'"))
    for user_id, email in rows.all():
        local, _, domain = email.partition("@")
        try:
            labels = [
                label if label.isascii() else idna.alabel(label.translate(LOWER)).decode()
                for label in domain.split(".")
            ]
        except UnicodeError:
            continue
        values = {"id": user_id, "email": f"{local}@{'.'.join(labels)}"}
        bind.execute(sa.text(WRITE_DOMAIN), values)
