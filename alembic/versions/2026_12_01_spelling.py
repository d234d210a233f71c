"""Give what identifies one spelling (NFC), and compare texts by their letters, whatever the database's locale."""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_spelling"
down_revision = "2026_12_01_phrases"
branch_labels = None
depends_on = None

# Letters and signs that are composed already and stay so, whatever case they are in and whatever stands beside them.
PLAIN = (
    r"\u0001-\u01ef\u01f1-\u02ff\u0391-\u03af\u03b1-\u0482\u048a-\u052f\u0531-\u058f\u05d0-\u05ea\u060c-\u060f"
    r"\u061b-\u064a\u0660-\u066f\u0671-\u06d3\u10a0-\u10ff\u1e00-\u1e95\u1e9e-\u1eff\u2002-\u20cf\u2100-\u2125"
    r"\u2127-\u2129\u212c-\u2328\u232b-\u2adb\u2add-\u2bff\u3000-\u3029\u3030-\u3098\u309b-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7a3\ufe00-\ufe0f\ufe30-\uffef\U0001f000-\U0001faff\U00020000-\U0002a6df"
)
# What a text is compared by. Each way to it is as short as it can be: it is taken for every row that a filter looks at.
# A function with a search_path of its own would not be inlined, so this says of all that it names that it is
# PostgreSQL's own; `normalize` is by its syntax.
FOLDED = """
CREATE FUNCTION trellis_folded(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN pg_catalog.octet_length($1) OPERATOR(pg_catalog.=) pg_catalog.char_length($1)
            THEN pg_catalog.lower($1 COLLATE {collation})
        WHEN $1 OPERATOR(pg_catalog.!~) '[^{plain}]' THEN {folded}
        ELSE normalize({folded_composed})
    END
$$
"""
# PostgreSQL 18 folds case as Unicode says. Those before it lower letters, in the collation that knows most of them, and
# these are what else people write.
NEW = "pg_catalog.casefold({} COLLATE {})"
LOWER = "\u00b5\u017f\u03c2\u03d0\u03d1\u03d5\u03d6\u03f0\u03f1\u03f5\u1e9b\u1e9e"
PLAINER = "\u03bcs\u03c3\u03b2\u03b8\u03c6\u03c0\u03ba\u03c1\u03b5\u1e61\u00df"
OLD = (
    "pg_catalog.replace(pg_catalog.translate("
    "pg_catalog.lower(pg_catalog.replace({}, '\u0130', 'i\u0307') COLLATE {}),"
    f" '{LOWER}', '{PLAINER}'), '\u00df', 'ss')"
)
FOLDS_ALL = "pg_catalog.pg_unicode_fast"
COLLATIONS = ("pg_c_utf8", "und-x-icu", "C.utf8", "en_US.utf8", "default")  # the best first; most servers have three
KNOWN = sa.text("SELECT collname FROM pg_collation WHERE collnamespace = 'pg_catalog'::regnamespace")

# Other spellings of what has the same; one that is longer than there is room for, as very few are, is cut.
COMPOSED = """
UPDATE {table} SET {column} = left(normalize({column}), {longest})
WHERE {key} = :organization_id AND {column} IS NOT NFC NORMALIZED
"""
TAGS = r"""
UPDATE tasks SET tags = ARRAY(
    SELECT left(normalize(tag), 50) FROM unnest(tags) WITH ORDINALITY AS given (tag, place)
    GROUP BY 1 ORDER BY min(place)
) WHERE organization_id = :organization_id AND array_to_string(tags, E'\n') IS NOT NFC NORMALIZED
"""
SPELLINGS = (
    COMPOSED.format(table="organizations", column="name", longest=100, key="id"),
    COMPOSED.format(table="teams", column="name", longest=100, key="organization_id"),
    COMPOSED.format(table="documents", column="source", longest=2000, key="organization_id"),
    TAGS,
)


def upgrade() -> None:
    version = op.get_bind().dialect.server_version_info[0]
    op.execute(folded(version, op.get_bind().scalars(KNOWN).all()))
    _in_each_organization(*SPELLINGS)


def downgrade() -> None:
    """What has one spelling keeps it."""
    op.execute("DROP FUNCTION trellis_folded(text)")


def folded(version: int, known: list[str]) -> str:
    """The statement that makes the function, for this version of PostgreSQL and the collations that it has."""
    collation = FOLDS_ALL if version >= 18 else f'pg_catalog."{next(one for one in COLLATIONS if one in known)}"'
    way = NEW if version >= 18 else OLD
    return FOLDED.format(
        collation=collation,
        plain=PLAIN,
        folded=way.format("$1", collation),
        folded_composed=way.format("normalize($1)", collation),
    )


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
