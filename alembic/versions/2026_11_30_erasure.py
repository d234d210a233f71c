"""Let people be erased: their data goes for good, and their work stays."""

from types import ModuleType

import sqlalchemy as sa
from alembic import op

from app.db.isolation import ACTOR_ID

revision = "2026_11_30_erasure"
down_revision = "2026_11_30_merged_people"
branch_labels = None
depends_on = None

KEY = 'lower({} COLLATE "C")'

# Whose the memberships of erased people are; who finds nobody else beside a piece of work is shown them, too.
NOBODY = "00000000-0000-7000-8000-000000000000"
MAKE_NOBODY = f"""
INSERT INTO users (id, owns_email, name, created_at, updated_at)
VALUES ('{NOBODY}', false, 'Deleted user', 'epoch', 'epoch') ON CONFLICT DO NOTHING
"""
ENDED = f"deleted_at IS NOT NULL OR user_id <> '{NOBODY}'"

# An address that was erased, while the column must have one.
PLACEHOLDER = "erased@invalid"

# What erases runs as the owner of the tables, who is shown those of all organizations for this purpose alone: a person
# has left traces in organizations that they, and whoever erases them, are not in.
PURPOSE = "current_setting('app.purpose', true) = 'erase'"
TRACED = (
    *("organizations", "organization_members", "team_members", "team_member_settings", "tasks", "invitations"),
    *("api_keys", "deletions", "events", "event_counters", "idempotency_keys"),
)

# As before, and who writes holds the turn of their person, together with whatever else they write: nobody is erased
# meanwhile. Of an erased person there is only the id left, and whoever still believes to be them is told so (TRL10).
IDENTIFY = """
CREATE OR REPLACE FUNCTION trellis_identify(actor_id uuid, expected text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    organization_ids uuid[];
    fingerprint text;
BEGIN
    IF current_setting('transaction_read_only') = 'off' THEN
        PERFORM pg_advisory_xact_lock_shared(hashtextextended('person ' || actor_id, 0));
    END IF;
    PERFORM set_config('app.actor_id', actor_id::text, true);
    SELECT coalesce(array_agg(organization_id ORDER BY organization_id), '{}'),
           md5(coalesce(string_agg(organization_id || role, ',' ORDER BY organization_id), ''))
      INTO organization_ids, fingerprint
      FROM organization_members WHERE user_id = actor_id AND deleted_at IS NULL;
    IF expected IS NOT NULL AND expected <> fingerprint THEN
        RAISE EXCEPTION 'memberships have changed' USING ERRCODE = 'TRL01';
    END IF;
    IF (expected IS NULL OR organization_ids = '{}')  -- who is erased is in none, and was believed to be
       AND EXISTS (SELECT FROM users WHERE id = actor_id AND email IS NULL) THEN
        RAISE EXCEPTION 'the person is erased' USING ERRCODE = 'TRL10';
    END IF;
    PERFORM set_config('app.organization_ids', organization_ids::text, true);
    RETURN fingerprint;
END $$
"""

# As before, but of who is erased it takes nothing over, and of an address that nobody vouched for the log has nothing.
FOLLOW = f"""
CREATE OR REPLACE FUNCTION trellis_follow_provider(
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
    IF known.email IS NULL THEN RETURN; END IF;  -- erased meanwhile
    IF new_email IS NOT NULL THEN
        SELECT * INTO holder FROM users
         WHERE {KEY.format("email")} = {KEY.format("new_email")} AND owns_email AND id <> person_id FOR NO KEY UPDATE;
        IF holder.id IS NULL OR holder.subject IS NULL THEN
            IF holder.id IS NOT NULL THEN PERFORM trellis_merge_person(holder.id, person_id); END IF;
            BEGIN
                UPDATE users SET email = new_email, owns_email = true WHERE id = person_id;
                changes := jsonb_build_object('email', jsonb_build_object(
                    'before', CASE WHEN known.owns_email THEN known.email END, 'after', new_email
                ));
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

# As before, but whom it finds stays who they are until the import has made them a member.
INVITE = f"""
CREATE OR REPLACE FUNCTION trellis_invite(new_email text, new_name text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id uuid;
BEGIN
    LOOP
        INSERT INTO users (id, email, name, created_at, updated_at)
        VALUES (uuidv7_now(), new_email, new_name, clock_timestamp(), clock_timestamp())
        ON CONFLICT DO NOTHING RETURNING id INTO found_id;
        IF found_id IS NULL THEN
            SELECT id INTO found_id FROM users
             WHERE {KEY.format("email")} = {KEY.format("new_email")} AND owns_email FOR KEY SHARE;
        END IF;
        EXIT WHEN found_id IS NOT NULL;  -- else they were erased between the two
    END LOOP;
    RETURN found_id;
END $$
"""

# As before, but what a former member is called is told to nobody who is invited.
RECEIVED = f"""
CREATE OR REPLACE FUNCTION trellis_received_invitations() RETURNS TABLE (
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
    SELECT {KEY.format("email")} INTO own_key FROM users
     WHERE id = {ACTOR_ID} AND owns_email AND subject IS NOT NULL;
    PERFORM set_config('app.purpose', 'invitation', true);
    SELECT array_agg(organization_id) INTO ids FROM (
        SELECT organization_id FROM invitations
         WHERE email_key = own_key AND status = 'PENDING' AND expires_at > clock_timestamp() LIMIT 100
    ) AS newest;
    PERFORM set_config('app.purpose', '', true);
    PERFORM set_config('app.organization_ids', coalesce(ids, '{{}}')::text, true);
    RETURN QUERY
        SELECT one.organization_id, one.id, organization.name, one.role, one.message, inviter.name,
               one.created_at, one.expires_at
          FROM invitations AS one
          JOIN organizations AS organization ON organization.id = one.organization_id AND deleted_at IS NULL
          LEFT JOIN users AS inviter ON inviter.id = one.invited_by AND EXISTS (
            SELECT FROM organization_members AS member WHERE member.organization_id = one.organization_id
            AND member.user_id = one.invited_by AND member.deleted_at IS NULL
          )
         WHERE one.organization_id = ANY (ids) AND one.email_key = own_key AND one.status = 'PENDING'
           AND one.expires_at > clock_timestamp()
         ORDER BY one.created_at DESC, one.id DESC;
    PERFORM set_config('app.organization_ids', coalesce(former_ids, ''), true);
END $$
"""

# Writes a line of an organization's log, as app/events/record does: the counter's row gives the place.
NOTE = """
CREATE FUNCTION trellis_note(
    organization uuid, type text, subject_type text, subject_id uuid, done_by uuid, request_id text, changes jsonb
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    place bigint;
BEGIN
    INSERT INTO event_counters (organization_id, last_sequence) VALUES (organization, 1)
    ON CONFLICT (organization_id) DO UPDATE SET last_sequence = event_counters.last_sequence + 1
    RETURNING last_sequence INTO place;
    INSERT INTO events
        (organization_id, id, sequence, type, subject_type, subject_id, actor_id, request_id, changes, created_at)
    VALUES (organization, uuidv7_now(), place, type, subject_type, subject_id, done_by, request_id, changes, greatest(
        clock_timestamp(),
        (SELECT events.created_at FROM events WHERE organization_id = organization ORDER BY sequence DESC LIMIT 1)
    ));
END $$
"""

# What an event says that changed, without the values of some fields.
WITHOUT = """
CREATE FUNCTION trellis_without(changes jsonb, fields text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE
        WHEN key = ANY (fields) THEN '{"before": null, "after": null}' ELSE value
    END), '{}') FROM jsonb_each(changes)
$$
"""

# Who somebody is, in which organizations there are traces of them, in which of those they are or were, and which
# addresses are theirs: their own, those that they had before and that are nobody else's, and people who were put
# somewhere by one of these and were found to be them (trellis_merge_person). `within` one organization nothing is said
# of another.
TRACES = f"""
CREATE FUNCTION trellis_traces(person_id uuid, within uuid) RETURNS TABLE (
    persons uuid[], places uuid[], their_own uuid[], keys text[]
)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_variable
BEGIN
    their_own := ARRAY(
        WITH RECURSIVE acted AS (  -- one step of the index for each organization, however much they did there
            SELECT (SELECT organization_id FROM events WHERE actor_id = person_id ORDER BY 1 LIMIT 1) AS place
            UNION ALL
            SELECT (SELECT organization_id FROM events WHERE actor_id = person_id AND organization_id > place
                     ORDER BY 1 LIMIT 1) FROM acted WHERE place IS NOT NULL
        )
        SELECT place FROM acted WHERE place IS NOT NULL
        UNION SELECT organization_id FROM organization_members WHERE user_id = person_id
    );
    places := CASE WHEN within IS NULL THEN their_own ELSE ARRAY[within] END;
    keys := ARRAY(
        SELECT {KEY.format("email")} FROM users WHERE id = person_id AND owns_email
        UNION SELECT {KEY.format("address")} FROM events,
               LATERAL (VALUES (changes -> 'email' ->> 'before'), (changes -> 'email' ->> 'after')) AS had (address)
         WHERE organization_id = ANY (places) AND subject_id = person_id AND subject_type = 'User'
           AND address IS NOT NULL AND NOT EXISTS (
            SELECT FROM users WHERE {KEY.format("email")} = {KEY.format("address")} AND owns_email AND id <> person_id
        )
    );
    persons := person_id || ARRAY(
        SELECT id FROM users WHERE {KEY.format("email")} = ANY (keys) AND subject IS NULL AND NOT owns_email
    );
    their_own := their_own || ARRAY(SELECT organization_id FROM organization_members WHERE user_id = ANY (persons));
    IF within IS NULL THEN
        places := ARRAY(
            SELECT unnest(their_own)
            UNION SELECT organization_id FROM invitations WHERE email_key = ANY (keys) OR answered_by = ANY (persons)
            ORDER BY 1
        );
    END IF;
    RETURN NEXT;
END $$
"""

# Everybody erases themselves, and an owner of an organization its people, there.
MAY_ERASE = f"""
CREATE FUNCTION trellis_may_erase(person_id uuid, within uuid) RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(person_id = {ACTOR_ID}, false) OR EXISTS (
        SELECT FROM organization_members
         WHERE organization_id = within AND user_id = {ACTOR_ID} AND role = 'OWNER' AND deleted_at IS NULL
    )
$$
"""

# The organizations that would have no owner without these people. One in the trash needs none: it can be restored by
# nobody then, and is purged at its time.
LAST_OWNER_OF = """
CREATE FUNCTION trellis_last_owner_of(persons uuid[], places uuid[]) RETURNS uuid[]
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(
        SELECT id FROM organizations WHERE id = ANY (places) AND deleted_at IS NULL AND EXISTS (
            SELECT FROM organization_members WHERE organization_id = organizations.id AND user_id = ANY (persons)
            AND role = 'OWNER' AND deleted_at IS NULL
        ) AND NOT EXISTS (
            SELECT FROM organization_members WHERE organization_id = organizations.id AND user_id <> ALL (persons)
            AND role = 'OWNER' AND deleted_at IS NULL
        ) ORDER BY id
    )
$$
"""

# What erasing would take, where the caller may do it; else no row.
ERASURE = """
CREATE FUNCTION trellis_erasure(person_id uuid, within uuid) RETURNS TABLE (
    organization_members bigint, team_members bigint, tasks bigint, invitations bigint, events bigint, api_keys bigint,
    last_owner_of uuid[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    traces record;
    place uuid;
    counts bigint[] := '{0, 0, 0, 0, 0, 0}';
BEGIN
    PERFORM set_config('app.purpose', 'erase', true);
    IF trellis_may_erase(person_id, within) THEN
        SELECT * INTO traces FROM trellis_traces(person_id, within);
        FOREACH place IN ARRAY traces.places LOOP
            WITH mine AS (
                SELECT id, deleted_at FROM organization_members
                 WHERE organization_id = place AND user_id = ANY (traces.persons)
            ), seats AS (
                SELECT id, deleted_at FROM team_members
                 WHERE organization_id = place AND organization_member_id IN (SELECT id FROM mine)
            ), asked AS (
                SELECT id FROM invitations WHERE organization_id = place
                AND (email_key = ANY (traces.keys) OR answered_by = ANY (traces.persons))
            ), naming AS (
                SELECT id FROM events WHERE organization_id = place AND subject_id = ANY (traces.persons)
                AND subject_type = 'User' AND changes <> '{}'
                UNION ALL SELECT id FROM events WHERE organization_id = place AND subject_id IN (SELECT id FROM asked)
                AND subject_type = 'Invitation' AND changes ? 'email'
            )
            SELECT ARRAY[
                counts[1] + (SELECT count(*) FROM mine WHERE deleted_at IS NULL),
                counts[2] + (SELECT count(*) FROM seats WHERE deleted_at IS NULL),
                counts[3] + (SELECT count(*) FROM tasks
                              WHERE organization_id = place AND assignee_id IN (SELECT id FROM seats)),
                counts[4] + (SELECT count(*) FROM asked),
                counts[5] + (SELECT count(*) FROM naming),
                counts[6] + (SELECT count(*) FROM api_keys
                              WHERE organization_id = place AND created_by = ANY (traces.persons)
                              AND revoked_at IS NULL AND coalesce(expires_at > clock_timestamp(), true))
            ] INTO counts;
        END LOOP;
        RETURN QUERY SELECT counts[1], counts[2], counts[3], counts[4], counts[5], counts[6],
                            trellis_last_owner_of(traces.persons, traces.places);
    END IF;
    PERFORM set_config('app.purpose', '', true);
END $$
"""

# Erases somebody in one organization, and answers what was known of them there. The membership, which is nobody's from
# now on, is in the trash past its time: it cannot be restored, and the next purge removes it with what refers to it, as
# any other. Lines of the log stay, without the values that name them.
ERASE_WITHIN = """
CREATE FUNCTION trellis_erase_within(
    place uuid, persons uuid[], keys text[], was_here boolean, done_by uuid, request_id text
) RETURNS text[]
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz := clock_timestamp();
    known text[];
    member organization_members;
    one uuid;
    deletion uuid;
    seats integer;
BEGIN
    known := ARRAY(
        SELECT said.value
          FROM events, LATERAL jsonb_each(changes) AS field, LATERAL jsonb_each_text(field.value) AS said
         WHERE organization_id = place AND subject_id = ANY (persons) AND subject_type = 'User'
        UNION SELECT unnest(ARRAY[email, message]) FROM invitations
         WHERE organization_id = place AND (email_key = ANY (keys) OR answered_by = ANY (persons))
    );
    FOR one IN
        DELETE FROM invitations WHERE organization_id = place
        AND (email_key = ANY (keys) OR answered_by = ANY (persons)) RETURNING id
    LOOP
        UPDATE events SET changes = trellis_without(changes, '{email, message}')
         WHERE organization_id = place AND subject_id = one AND subject_type = 'Invitation' AND changes ? 'email';
        PERFORM trellis_note(place, 'PURGED', 'Invitation', one, done_by, request_id, '{}');
    END LOOP;
    UPDATE events SET changes = trellis_without(changes, '{name, email, avatar_url}')
     WHERE organization_id = place AND subject_id = ANY (persons) AND subject_type = 'User' AND changes <> '{}';
    FOR one IN
        UPDATE api_keys SET revoked_at = moment, updated_at = moment
         WHERE organization_id = place AND created_by = ANY (persons)
           AND revoked_at IS NULL AND coalesce(expires_at > moment, true) RETURNING id
    LOOP
        PERFORM trellis_note(place, 'UPDATED', 'ApiKey', one, done_by, request_id, jsonb_build_object(
            'revoked_at', jsonb_build_object('before', NULL, 'after', moment)
        ));
    END LOOP;
    FOR member IN
        SELECT * FROM organization_members WHERE organization_id = place AND user_id = ANY (persons)
         ORDER BY id FOR NO KEY UPDATE
    LOOP
        DELETE FROM team_member_settings WHERE organization_id = place AND team_member_id IN (
            SELECT id FROM team_members WHERE organization_id = place AND organization_member_id = member.id
        );
        IF member.deleted_at IS NOT NULL THEN
            UPDATE organization_members SET user_id = '{NOBODY}', updated_at = moment
             WHERE organization_id = place AND id = member.id;
            UPDATE deletions SET purge_at = least(purge_at, moment)
             WHERE organization_id = place AND id = member.deletion_id AND subject_ids = ARRAY[member.id];
            CONTINUE;
        END IF;
        deletion := uuidv7_now();
        UPDATE organization_members
           SET user_id = '{NOBODY}', updated_at = moment, deleted_at = moment, deletion_id = deletion
         WHERE organization_id = place AND id = member.id;
        UPDATE team_members SET deleted_at = moment, deletion_id = deletion
         WHERE organization_id = place AND organization_member_id = member.id AND deleted_at IS NULL;
        GET DIAGNOSTICS seats = ROW_COUNT;
        INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_by, deleted_at, purge_at,
                               organization_members, team_members)
        VALUES (place, deletion, 'OrganizationMember', ARRAY[member.id], done_by, moment, moment, 1, seats);
        PERFORM trellis_note(place, 'DELETED', 'OrganizationMember', member.id, done_by, request_id, jsonb_build_object(
            'deleted_at', jsonb_build_object('before', NULL, 'after', moment),
            'deletion_id', jsonb_build_object('before', NULL, 'after', deletion)
        ));
    END LOOP;
    IF was_here THEN
        PERFORM trellis_note(place, 'PURGED', 'User', persons[1], done_by, request_id, '{}');
    END IF;
    RETURN known;
END $$
""".replace("{NOBODY}", NOBODY)

# Answers that are kept for retries hold what was known of somebody, too: those of whoever could be shown it.
FORGET_ANSWERS = """
CREATE FUNCTION trellis_forget_answers(places uuid[], known text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    callers uuid[] := ARRAY(
        SELECT user_id FROM organization_members WHERE organization_id = ANY (places)
        UNION SELECT id FROM api_keys WHERE organization_id = ANY (places)
    );
    written bytea[] := ARRAY(  -- as JSON has it, without the quotes
        SELECT DISTINCT convert_to(left(substr(to_jsonb(one)::text, 2), -1), 'UTF8')
          FROM unnest(known) AS one WHERE one <> ''
    );
BEGIN
    UPDATE idempotency_keys SET body = NULL, roles = NULL, kept_bytes = NULL
     WHERE actor_id = ANY (callers) AND kept_bytes IS NOT NULL
       AND EXISTS (SELECT FROM unnest(written) AS one WHERE position(one IN body) > 0);
END $$
"""

# Erases somebody: within one organization, or everywhere and with their account. Nobody of these organizations is kept
# from erasing themselves by anything but an organization that would have no owner: those are the answer, and nothing is
# done then. NULL where the caller may not do it. Whom an owner erases in the last organization that they are in has no
# account any more either; the owner is not told which it was.
ERASE = f"""
CREATE FUNCTION trellis_erase(person_id uuid, within uuid, done_by uuid, request_id text) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    traces record;
    place uuid;
    owned uuid[];
    known text[];
    ends boolean;
BEGIN
    PERFORM set_config('app.purpose', 'erase', true);
    IF NOT trellis_may_erase(person_id, within) THEN
        PERFORM set_config('app.purpose', '', true);
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('person ' || person_id, 0));  -- see trellis_identify
    PERFORM FROM users WHERE id = person_id FOR UPDATE;
    SELECT * INTO traces FROM trellis_traces(person_id, within);
    PERFORM FROM users WHERE id = ANY (traces.persons) ORDER BY id FOR UPDATE;
    PERFORM FROM organizations WHERE id = ANY (traces.places) AND EXISTS (
        SELECT FROM organization_members WHERE organization_id = organizations.id AND user_id = ANY (traces.persons)
    ) ORDER BY id FOR NO KEY UPDATE;
    owned := CASE WHEN trellis_may_erase(person_id, within)  -- still
                  THEN trellis_last_owner_of(traces.persons, traces.places) END;
    IF owned = '{{}}' THEN
        known := ARRAY(
            SELECT unnest(ARRAY[subject, email, name, avatar_url]) FROM users WHERE id = ANY (traces.persons)
        );
        FOREACH place IN ARRAY traces.places LOOP
            known := known || trellis_erase_within(
                place, traces.persons, traces.keys, place = ANY (traces.their_own), done_by, request_id
            );
        END LOOP;
        PERFORM trellis_forget_answers(traces.places, known);
        ends := within IS NULL OR person_id <> {ACTOR_ID} AND NOT EXISTS (
            SELECT FROM organization_members WHERE user_id = ANY (traces.persons)
        );
    END IF;
    IF ends THEN
        DELETE FROM idempotency_keys WHERE actor_id = ANY (traces.persons);
        UPDATE users SET subject = NULL, email = NULL, owns_email = false, name = 'Deleted user', avatar_url = NULL,
               name_is_provided = false, claims_issued_at = NULL, updated_at = clock_timestamp()
         WHERE id = ANY (traces.persons);
        IF person_id = {ACTOR_ID} THEN PERFORM set_config('app.organization_ids', '{{}}', true); END IF;
    END IF;
    PERFORM set_config('app.purpose', '', true);
    RETURN owned;
END $$
"""

# As before, but of who is erased nothing can be said any more.
UPDATE = f"""
CREATE OR REPLACE FUNCTION trellis_update_profile(changes jsonb) RETURNS TABLE (
    former_name varchar, former_avatar_url varchar, name_is_provided boolean
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    former users;
BEGIN
    SELECT * INTO former FROM users WHERE id = {ACTOR_ID} FOR NO KEY UPDATE;
    IF former.email IS NULL AND former.id IS NOT NULL THEN
        RAISE EXCEPTION 'the person is erased' USING ERRCODE = 'TRL10';
    END IF;
    IF former.id IS NOT NULL AND NOT (changes ? 'name' AND former.name_is_provided) THEN
        UPDATE users SET name = coalesce(changes ->> 'name', name),
               avatar_url = CASE WHEN changes ? 'avatar_url' THEN changes ->> 'avatar_url' ELSE avatar_url END,
               updated_at = clock_timestamp() WHERE id = former.id;
    END IF;
    RETURN QUERY SELECT former.name, former.avatar_url, former.name_is_provided WHERE former.id IS NOT NULL;
END $$
"""

GIVEN = ("trellis_erasure(uuid, uuid)", "trellis_erase(uuid, uuid, uuid, text)")
INNER = (
    "trellis_forget_answers(uuid[], text[])",
    "trellis_erase_within(uuid, uuid[], text[], boolean, uuid, text)",
    "trellis_last_owner_of(uuid[], uuid[])",
    "trellis_may_erase(uuid, uuid)",
    "trellis_traces(uuid, uuid)",
    "trellis_without(jsonb, text[])",
    "trellis_note(uuid, text, text, uuid, uuid, text, jsonb)",
)


def upgrade() -> None:
    op.alter_column("users", "email", nullable=True)
    op.execute(f"UPDATE users SET email = NULL WHERE email = '{PLACEHOLDER}' AND subject IS NULL AND NOT owns_email")
    op.execute(MAKE_NOBODY)
    op.create_check_constraint(op.f("ck_organization_members_nobodys_deleted"), "organization_members", ENDED)
    # No release has made invitations: there are few, and the indexes are built at once.
    op.add_column("invitations", sa.Column("answered_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_invitations_users_answered_by"), "invitations", "users", ["answered_by"], ["id"], ondelete="RESTRICT"
    )
    op.create_index("ix_invitations_answered_by", "invitations", ["answered_by"])
    op.drop_index("ix_invitations_email", "invitations")
    op.create_index("ix_invitations_email", "invitations", ["email_key"])
    for table in TRACED:
        op.execute(f"CREATE POLICY erasing ON {table} TO CURRENT_USER USING ({PURPOSE}) WITH CHECK ({PURPOSE})")
    for function in (IDENTIFY, FOLLOW, INVITE, RECEIVED, UPDATE):
        op.execute(function)
    for function in (NOTE, WITHOUT, TRACES, MAY_ERASE, LAST_OWNER_OF, ERASURE, ERASE_WITHIN, FORGET_ANSWERS, ERASE):
        op.execute(function)
    for signature in (*INNER, *GIVEN):
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
    for signature in GIVEN:
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")


def downgrade() -> None:
    """What was erased stays so."""
    for signature in (*GIVEN, *INNER):
        op.execute(f"DROP FUNCTION {signature}")
    for revision_, name in BEFORE:
        op.execute(getattr(_module(revision_), name).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    for table in TRACED:
        op.execute(f"DROP POLICY erasing ON {table}")
    op.drop_index("ix_invitations_email", "invitations")
    op.create_index(
        "ix_invitations_email", "invitations", ["email_key"], postgresql_where=sa.text("status = 'PENDING'")
    )
    op.drop_index("ix_invitations_answered_by", "invitations")
    op.drop_column("invitations", "answered_by")
    op.drop_constraint(op.f("ck_organization_members_nobodys_deleted"), "organization_members")
    op.execute(f"UPDATE users SET email = '{PLACEHOLDER}' WHERE email IS NULL")
    op.alter_column("users", "email", nullable=False)


# Where the functions that this revision replaces were made.
BEFORE = (
    ("2026_11_22_people", "IDENTIFY"),
    ("2026_11_29_people", "FOLLOW"),
    ("2026_11_29_people", "INVITE"),
    ("2026_11_29_invitations", "RECEIVED"),
    ("2026_11_29_profiles", "UPDATE"),
)


def _module(name: str) -> ModuleType:
    script = op.get_context().opts["script"]
    return next(one.module for one in script.iterate_revisions(down_revision, "base") if one.revision == name)
