"""Mend what checkouts from before release 0.1.0 left of revisions that were edited afterwards.

The revisions before this one say what a database must look like, and are never edited again. They are run once more in
a schema of their own, and what the database has otherwise is made as it is there. Where nothing is, nothing is locked.
"""

from collections.abc import Collection

import sqlalchemy as sa
from alembic import op

from app.db.schema_objects import OBJECTS

revision = "2026_11_29_mending"
down_revision = "2026_11_22_settings"
branch_labels = None
depends_on = None

Key = tuple[str, str]  # kind and name

MODEL = "trellis_released"  # the schema with what there should be

# What earlier checkouts made and the release does not have. All else that it does not have is somebody else's.
FORMER = {
    ("constraint", "idempotency_keys.fk_idempotency_keys_users"),
    ("constraint", "tasks.ck_tasks_due_date_finite"),
    ("constraint", "tasks.ck_tasks_estimate_finite"),
    ("index", "document_chunks.uq_document_chunks_index"),
    ("index", "documents.ix_documents_due_at"),
    ("index", "tasks.ix_tasks_assignee_deleted"),
    ("index", "tasks.ix_tasks_organization_deleted"),
    ("index", "tasks.ix_tasks_team_deleted"),
}

# For each thing of the model: its name as in OBJECTS, how to be rid of it, and how to make it. What is of the model is
# printed with its schema, since the search path is `public`.
COLUMNS = f"""
SELECT relname || '.' || attname, '{{}}'::text[],
       ARRAY[format('ALTER TABLE public.%I ADD COLUMN %I %s', relname, attname, concat_ws(
           ' ', format_type(atttypid, atttypmod),
           CASE attgenerated WHEN 's' THEN format('GENERATED ALWAYS AS (%s) STORED', pg_get_expr(adbin, adrelid))
                             ELSE 'DEFAULT ' || pg_get_expr(adbin, adrelid) END,
           CASE WHEN attnotnull THEN 'NOT NULL' END
       ))]
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relnamespace = '{MODEL}'::regnamespace AND relkind = 'r'
"""
RIGHTS = f"""
SELECT relname, ARRAY[format('REVOKE ALL ON public.%I FROM PUBLIC, trellis_runtime, trellis_ranking', relname)],
       array_remove(ARRAY[
           CASE WHEN relrowsecurity THEN format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', relname) END,
           CASE WHEN relforcerowsecurity THEN format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', relname) END,
           format('ALTER TABLE public.%I SET (', relname) || array_to_string(reloptions, ', ') || ')'
       ], NULL) || ARRAY(SELECT format('GRANT %s ON public.%I TO %I', privilege_type, relname, rolname)
                         FROM aclexplode(relacl) JOIN pg_roles ON pg_roles.oid = grantee WHERE grantee <> relowner)
FROM pg_class WHERE relnamespace = '{MODEL}'::regnamespace AND relkind = 'r'
"""
# One that another role owns cannot be replaced; nothing depends on those.
FUNCTIONS = f"""
SELECT signature,
       CASE WHEN foreign_owner THEN ARRAY['DROP FUNCTION public.' || signature] ELSE '{{}}' END,
       ARRAY[pg_get_functiondef(oid),
             format('REVOKE ALL ON FUNCTION public.%s FROM PUBLIC, trellis_runtime', signature)]
       || ARRAY(SELECT format('GRANT EXECUTE ON FUNCTION public.%s TO %s', signature,
                              coalesce(quote_ident(rolname), 'PUBLIC'))
                FROM aclexplode(coalesce(proacl, acldefault('f', proowner)))
                LEFT JOIN pg_roles ON pg_roles.oid = grantee WHERE grantee <> proowner)
       || CASE WHEN foreign_owner THEN ARRAY[format('ALTER FUNCTION public.%s OWNER TO trellis_ranking', signature)] END
FROM (SELECT *, format('%s(%s)', proname, pg_get_function_identity_arguments(oid)) AS signature,
             proowner = 'trellis_ranking'::regrole AS foreign_owner FROM pg_proc) AS made
WHERE pronamespace = '{MODEL}'::regnamespace
"""
POLICIES = f"""
SELECT tablename || '.' || policyname, ARRAY[format('DROP POLICY %I ON public.%I', policyname, tablename)],
       ARRAY[concat_ws(
           ' ', format('CREATE POLICY %I ON public.%I AS %s FOR %s TO', policyname, tablename, permissive, cmd),
           array_to_string(ARRAY(SELECT CASE one WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(one) END
                                 FROM unnest(roles) AS one), ', '),
           'USING (' || qual || ')', 'WITH CHECK (' || with_check || ')'
       )]
FROM pg_policies WHERE schemaname = '{MODEL}'
"""
CONSTRAINTS = f"""
SELECT relname || '.' || conname, ARRAY[format('ALTER TABLE public.%I DROP CONSTRAINT %I', relname, conname)],
       ARRAY[format('ALTER TABLE public.%I ADD CONSTRAINT %I %s', relname, conname,
                    pg_get_constraintdef(pg_constraint.oid))]
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE connamespace = '{MODEL}'::regnamespace AND contype <> 'n' ORDER BY contype = 'f'
"""
INDEXES = f"""
SELECT tablename || '.' || indexname, ARRAY[format('DROP INDEX public.%I', indexname)], ARRAY[indexdef]
FROM pg_indexes WHERE schemaname = '{MODEL}' AND indexname NOT IN (
    SELECT conname FROM pg_constraint WHERE connamespace = '{MODEL}'::regnamespace
)
"""
# The indexes of the model that a database begins with, where it has that model still; they are none of OBJECTS.
INDEXES_OF_FIRST_MODEL = rf"""
SELECT made.indexname, ARRAY['DROP INDEX IF EXISTS public.' || made.indexname], ARRAY[made.indexdef]
FROM pg_indexes AS made
LEFT JOIN pg_indexes AS found ON found.schemaname = 'public' AND found.indexname = made.indexname
WHERE made.schemaname = '{MODEL}' AND made.indexname LIKE 'ix\_embeddings\_model\_%'
  AND replace(found.indexdef, 'public.', '') IS DISTINCT FROM replace(made.indexdef, '{MODEL}.', '')
  AND EXISTS (SELECT FROM public.embedding_models AS kept JOIN {MODEL}.embedding_models USING (id, name, dimension)
              WHERE kept.state <> 'retiring')
"""

# The texts of rows that were written before search was, as the server writes them. They are embedded behind what people
# write meanwhile.
TEXTS = """
WITH written AS (
    INSERT INTO search_texts (organization_id, kind, subject_id, content, content_hash)
    SELECT organization_id, '{kind}', id,
           setweight(to_tsvector('english'::regconfig, title), 'A')
           || setweight(to_tsvector('english'::regconfig, body), 'B'),
           sha256(convert_to(title || E'\\n' || body, 'UTF8'))
    FROM ({rows}) AS readable WHERE organization_id = :organization_id AND NOT EXISTS (
        SELECT FROM search_texts AS known WHERE known.organization_id = readable.organization_id
        AND known.kind = '{kind}' AND known.subject_id = readable.id
    ) RETURNING organization_id, kind, subject_id
)
INSERT INTO embedding_jobs (organization_id, kind, subject_id, due_at)
SELECT organization_id, kind, subject_id, now() - interval '1 day' FROM written ON CONFLICT DO NOTHING
"""
READABLE = {
    "TASK": "SELECT organization_id, id, title, coalesce(description, '') AS body FROM tasks",
    "CHUNK": "SELECT chunks.organization_id, chunks.id, concat_ws(' > ', documents.title, section) AS title,"
    " chunks.text AS body FROM document_chunks AS chunks JOIN documents"
    " ON documents.organization_id = chunks.organization_id AND documents.id = document_id",
}
# Dates and estimates that only the checks of earlier checkouts let pass.
FIT = """
UPDATE tasks SET due_date = least(greatest(due_date, '0001-01-02'), '9999-12-30'), estimate = least(estimate, 1000000)
WHERE organization_id = :organization_id
  AND (due_date NOT BETWEEN '0001-01-02' AND '9999-12-30' OR estimate > 1000000)
"""


def upgrade() -> None:
    op.execute("SET LOCAL client_min_messages = warning")
    op.execute("SET LOCAL check_function_bodies = off")  # they name tables that may not be there yet
    _make_model()
    model = _objects()
    op.execute("SET LOCAL search_path = public")
    found = _objects()
    _rename_users_of_answers(found)
    _drop_former(found)
    for kind, name in model.keys() - found.keys():
        if kind == "table":
            op.execute(f"CREATE TABLE public.{name} (LIKE {MODEL}.{name} INCLUDING DEFAULTS INCLUDING GENERATED)")
    _mend(COLUMNS, model.keys() - _objects().keys(), "column")
    op.execute("GRANT CREATE ON SCHEMA public TO trellis_ranking")  # a new owner must be allowed to make what it gets
    for kind, query in (("table", RIGHTS), ("function", FUNCTIONS), ("policy", POLICIES)):
        _mend(query, _different(model, _objects()), kind)
    op.execute("REVOKE CREATE ON SCHEMA public FROM trellis_ranking")
    op.execute("GRANT SELECT ON alembic_version TO trellis_runtime")
    if ("constraint", "tasks.ck_tasks_due_date_fits") not in found:
        _in_each_organization(FIT)
    for kind, query in (("constraint", CONSTRAINTS), ("index", INDEXES)):
        _mend(query, _different(model, _objects()), kind)
    _give_first_model()
    op.execute(f"DROP SCHEMA {MODEL} CASCADE")
    _in_each_organization(*(TEXTS.format(kind=kind, rows=rows) for kind, rows in READABLE.items()))


def downgrade() -> None:
    """What was mended is what the revision before this one makes."""


def _make_model() -> None:
    """Runs all revisions before this one in a schema of their own."""
    script = op.get_context().opts["script"]
    modules = [one.module for one in script.iterate_revisions(down_revision, "base")]
    op.execute(next(module.RANKING_ROLE for module in modules if hasattr(module, "RANKING_ROLE")))
    op.execute(f"CREATE SCHEMA {MODEL}")
    op.execute(f"GRANT USAGE, CREATE ON SCHEMA {MODEL} TO trellis_ranking")
    op.execute(f"SET LOCAL search_path = {MODEL}, public")
    for module in reversed(modules):
        module.upgrade()


def _objects() -> dict[Key, str]:
    rows = op.get_bind().exec_driver_sql(OBJECTS)
    return {(row.kind, row.name): row.definition for row in rows}


def _different(model: dict[Key, str], found: dict[Key, str]) -> set[Key]:
    return {key for key, definition in model.items() if found.get(key) != definition}


def _mend(query: str, wrong: Collection[Key], kind: str) -> None:
    """Makes what is `wrong` anew: it is dropped first where it is there."""
    bind = op.get_bind()
    found = _objects()
    for name, undo, make in bind.exec_driver_sql(query).all():
        if (kind, name) in wrong:
            for statement in (*(undo if (kind, name) in found else ()), *make):
                bind.exec_driver_sql(statement.replace(f"{MODEL}.", "public."))


def _rename_users_of_answers(found: Collection[Key]) -> None:
    if ("column", "idempotency_keys.user_id") in found:
        op.alter_column("idempotency_keys", "user_id", new_column_name="actor_id")
        name = "idempotency_keys_{}_not_null"  # which has been a constraint since PostgreSQL 18
        former = op.get_bind().scalar(
            sa.text("SELECT conname FROM pg_constraint WHERE conname = :name"), {"name": name.format("user_id")}
        )
        if former:
            op.execute(f"ALTER TABLE idempotency_keys RENAME CONSTRAINT {former} TO {name.format('actor_id')}")


def _drop_former(found: dict[Key, str]) -> None:
    for kind, name in FORMER & found.keys():
        table, _, own_name = name.partition(".")
        op.execute(f"DROP INDEX {own_name}" if kind == "index" else f"ALTER TABLE {table} DROP CONSTRAINT {own_name}")


def _give_first_model() -> None:
    bind = op.get_bind()
    if not bind.scalar(sa.text("SELECT EXISTS (SELECT FROM public.embedding_models)")):
        op.execute(f"INSERT INTO public.embedding_models SELECT * FROM {MODEL}.embedding_models")
    for _, undo, make in bind.exec_driver_sql(INDEXES_OF_FIRST_MODEL).all():
        for statement in (*undo, *make):
            bind.exec_driver_sql(statement.replace(f"{MODEL}.", "public."))


def _in_each_organization(*statements: str) -> None:
    """Row-level security holds the owner, too: it is shown which organizations there are as the worker that embeds is,
    and then becomes one after the other."""
    bind = op.get_bind()
    become = sa.text("SELECT set_config('app.organization_ids', :ids, true)")
    op.execute("SELECT set_config('app.purpose', 'embed', true)")
    for organization_id in bind.scalars(sa.text("SELECT id FROM organizations ORDER BY id")).all():
        bind.execute(become, {"ids": f"{{{organization_id}}}"})
        for statement in statements:
            bind.execute(sa.text(statement), {"organization_id": organization_id})
    bind.execute(become, {"ids": ""})
    op.execute("SELECT set_config('app.purpose', '', true)")
