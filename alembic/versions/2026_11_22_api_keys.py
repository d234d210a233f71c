"""Make API keys, and let them act."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import ACTOR_ID, isolate

revision = "2026_11_22_api_keys"
down_revision = "2026_11_22_ranking"
branch_labels = None
depends_on = None

SCOPES = "ARRAY['READ', 'WRITE_TASKS', 'WRITE_ALL', 'ADMIN']::varchar[]"
# Of what the server remembers of a key; see trellis_identify. What can end a key is looked at in any case.
FINGERPRINT = "md5(concat_ws(' ', array_to_string(scopes, ','), rate_limit_per_minute))"

# Where a key is and what is kept of its secrets, for the server to compare. A key is found before its organization is
# known, and so sees itself. Whether it may act is for trellis_identify_key to say.
FIND = f"""
CREATE FUNCTION trellis_find_key(key_id uuid) RETURNS TABLE (
    organization_id uuid, secret_hash bytea, former_secret_hash bytea,
    scopes varchar[], rate_limit_per_minute integer, fingerprint text
)
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('app.actor_id', key_id::text, true);
    RETURN QUERY SELECT organization_id, secret_hash, former_secret_hash, scopes, rate_limit_per_minute, {FINGERPRINT}
                   FROM api_keys WHERE id = key_id;
END $$
"""

# What trellis_identify is for people. The server has compared the secret and says here by its hash which one it was: a
# key that is revoked, expired or rotated meanwhile is out from the next operation on, on every server. A key that may
# only read gets a transaction in which nothing can be written, whatever is asked of it.
IDENTIFY = f"""
CREATE FUNCTION trellis_identify_key(key_organization_id uuid, key_id uuid, presented bytea, expected text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept api_keys;
    fingerprint text;
BEGIN
    PERFORM set_config('app.actor_id', key_id::text, true);
    SELECT * INTO kept FROM api_keys WHERE organization_id = key_organization_id AND id = key_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no such key' USING ERRCODE = 'TRL06';
    ELSIF kept.secret_hash <> presented AND (
        kept.former_secret_hash IS DISTINCT FROM presented OR kept.former_secret_expires_at <= clock_timestamp()
    ) THEN
        RAISE EXCEPTION 'the secret has been replaced' USING ERRCODE = 'TRL09';
    ELSIF kept.revoked_at IS NOT NULL THEN
        RAISE EXCEPTION 'the key is revoked' USING ERRCODE = 'TRL07';
    ELSIF kept.expires_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'the key has expired' USING ERRCODE = 'TRL08';
    END IF;
    SELECT {FINGERPRINT} INTO fingerprint FROM (SELECT kept.scopes, kept.rate_limit_per_minute) AS of_key;
    IF expected IS NOT NULL AND expected <> fingerprint THEN
        RAISE EXCEPTION 'the key has changed' USING ERRCODE = 'TRL01';
    END IF;
    PERFORM set_config('app.organization_ids', ARRAY[key_organization_id]::text, true);
    IF kept.scopes <@ ARRAY['READ']::varchar[] THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
    RETURN fingerprint;
END $$
"""

# When keys were last used is noted now and then, for many organizations at once, in nobody's name. Runs as the owner of
# api_keys, who is shown them for this purpose alone. Locks them in one order: servers cannot wait for each other.
NOTING = "current_setting('app.purpose', true) = 'note uses'"
NOTE_USES = """
CREATE FUNCTION trellis_note_uses(organization_ids uuid[], ids uuid[], moments timestamptz[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.purpose', 'note uses', true);
    PERFORM FROM unnest(organization_ids, ids) AS used (organization_id, id)
       JOIN api_keys USING (organization_id, id) ORDER BY organization_id, id FOR NO KEY UPDATE OF api_keys;
    UPDATE api_keys SET last_used_at = greatest(last_used_at, moment)
      FROM unnest(organization_ids, ids, moments) AS used (organization_id, id, moment)
     WHERE api_keys.organization_id = used.organization_id AND api_keys.id = used.id;
    PERFORM set_config('app.purpose', '', true);
END $$
"""

FUNCTIONS = (
    "trellis_find_key(uuid)",
    "trellis_identify_key(uuid, uuid, bytea, text)",
    "trellis_note_uses(uuid[], uuid[], timestamptz[])",
)


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("rate_limit_per_minute", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("secret_created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("former_secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("former_secret_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 100", name=op.f("ck_api_keys_name_length")),
        sa.CheckConstraint(
            f"scopes <@ {SCOPES} AND cardinality(scopes) BETWEEN 1 AND 4", name=op.f("ck_api_keys_scopes_known")
        ),
        sa.CheckConstraint("rate_limit_per_minute BETWEEN 1 AND 1000000", name=op.f("ck_api_keys_rate_limit_in_range")),
        sa.CheckConstraint("octet_length(secret_hash) = 32", name=op.f("ck_api_keys_secret_hash_length")),
        sa.CheckConstraint("octet_length(former_secret_hash) = 32", name=op.f("ck_api_keys_former_secret_hash_length")),
        sa.CheckConstraint(
            "(former_secret_hash IS NULL) = (former_secret_expires_at IS NULL)",
            name=op.f("ck_api_keys_former_secret_expires"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_api_keys_organizations"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_api_keys_users"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_created_at", "api_keys", ["organization_id", "created_at", "id"], unique=False)
    op.create_index("ix_api_keys_created_by", "api_keys", ["created_by"], unique=False)
    op.create_index("ix_api_keys_id", "api_keys", ["id"], unique=False)
    for statement in isolate("api_keys"):
        op.execute(statement)
    op.execute(f"CREATE POLICY self ON api_keys FOR SELECT USING (id = {ACTOR_ID})")
    op.execute(f"CREATE POLICY noting ON api_keys TO CURRENT_USER USING ({NOTING}) WITH CHECK ({NOTING})")

    op.add_column("events", sa.Column("api_key_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_events_api_keys"),
        "events",
        "api_keys",
        ["organization_id", "api_key_id"],
        ["organization_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_check_constraint(op.f("ck_events_one_actor"), "events", "actor_id IS NULL OR api_key_id IS NULL")
    for function in (FIND, IDENTIFY, NOTE_USES):
        op.execute(function)
    for signature in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")
    with op.get_context().autocommit_block():
        op.create_index(
            "ix_events_api_key",
            "events",
            ["organization_id", "api_key_id", "sequence"],
            unique=False,
            postgresql_where=sa.text("api_key_id IS NOT NULL"),
            postgresql_concurrently=True,
        )


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.drop_column("events", "api_key_id")  # and with it its constraints and its index
    op.drop_table("api_keys")
