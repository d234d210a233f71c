"""Make the functions that rank, and the words of each organization."""

import sqlalchemy as sa
from alembic import op

from app.db.isolation import isolate

revision = "2026_11_22_ranking"
down_revision = "2026_11_22_embeddings"
branch_labels = None
depends_on = None

# PostgreSQL serves a search for words from an index only where the planner may let `@@` and `&&` see rows before
# row-level security does, and neither is leakproof. So the two look-ups below run as a role for which the policies of
# these two tables hold nothing back. Nobody can log in as it and it may do nothing else. The functions themselves
# refuse an organization that the caller's identity does not contain, in the words for one that never was: no row.
# Roles belong to the whole cluster: another database may have made it already.
RANKING_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trellis_ranking') THEN
        CREATE ROLE trellis_ranking NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT pg_has_role(current_user, 'trellis_ranking', 'SET') THEN
        GRANT trellis_ranking TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""

# What the indexes hold are hashes of organization, kind and word, so that each organization has posting lists of its
# own: what a search reads does not grow with what others wrote, and how long it takes says nothing about them.
TERMS = """
CREATE FUNCTION trellis_terms(organization_id uuid, kind text, lexemes text[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(hashtextextended(lexeme, seed)), '{}')
    FROM unnest(lexemes) AS lexeme, hashtextextended(kind, uuid_hash_extended(organization_id, 0)) AS seed
$$
"""
TRIGRAMS = """
CREATE FUNCTION trellis_trigrams(organization_id uuid, kind text, word text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT trellis_terms(organization_id, kind, array_agg(DISTINCT substr('  ' || word || ' ', place, 3)))
    FROM generate_series(1, char_length(word) + 1) AS place
$$
"""

# The texts that hold one of `terms` and, where it is given, pass `held`, with what ts_rank says for `scored`, longer
# texts less. The caller's plan may be a generic one; here each search is planned for its own words.
MATCHING = """
CREATE FUNCTION trellis_matching(
    searched_id uuid, searched_kind text, terms text[], letters real[], scored tsquery, held tsquery
) RETURNS TABLE (subject_id uuid, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 2000
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF searched_id = ANY (nullif(current_setting('app.organization_ids', true), '')::uuid[]) THEN
        RETURN QUERY
        SELECT texts.subject_id, ts_rank(letters, texts.content, scored, 1)
        FROM search_texts AS texts
        WHERE texts.organization_id = searched_id AND texts.kind = searched_kind
          AND trellis_terms(texts.organization_id, texts.kind, tsvector_to_array(texts.content))
              && trellis_terms(searched_id, searched_kind, terms)
          AND (held IS NULL OR texts.content @@ held);
    END IF;
END $$
"""

# For each of `words`, the words of the organization that are most like it, as pg_trgm counts: trigrams that both have,
# of those that either has. Of two that are equally like it the more common one. Texts that came after the last count
# are looked at too: a word that one of them has is no mistake, and is answered as it is.
SIMILAR_WORDS = r"""
CREATE FUNCTION trellis_similar_words(searched_id uuid, searched_kind text, words text[], likeness real, most integer)
RETURNS TABLE (word text, lexeme text, documents integer, similarity real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    IF searched_id = ANY (nullif(current_setting('app.organization_ids', true), '')::uuid[]) THEN
        RETURN QUERY
        SELECT given.word, given.word, 1, 1::real
        FROM unnest(words) AS given (word)
        WHERE EXISTS (
            SELECT FROM search_texts AS texts
            WHERE texts.organization_id = searched_id AND texts.kind = searched_kind
              AND trellis_terms(texts.organization_id, texts.kind, tsvector_to_array(texts.content))
                  && trellis_terms(searched_id, searched_kind, ARRAY[given.word])
        );
        RETURN QUERY
        SELECT given.word, near.lexeme::text, near.documents, near.similarity
        FROM (SELECT one, trellis_trigrams(searched_id, searched_kind, one) FROM unnest(words) AS one OFFSET 0)
             AS given (word, trigrams)
        CROSS JOIN LATERAL (
            SELECT shared.lexeme, shared.documents,
                   (shared.amount / (char_length(shared.lexeme) + 1.0 + cardinality(given.trigrams)
                                     - shared.amount))::real AS similarity
            FROM (
                SELECT known.lexeme, known.documents, count(*) AS amount
                FROM unnest(given.trigrams) AS had (trigram)
                JOIN search_words AS known
                  ON trellis_trigrams(known.organization_id, known.kind, known.lexeme) && ARRAY[had.trigram]
                WHERE known.organization_id = searched_id AND known.kind = searched_kind
                  AND known.lexeme ~ '^\D{3,30}$' AND known.lexeme <> given.word
                GROUP BY known.lexeme, known.documents
            ) AS shared
        ) AS near
        WHERE char_length(given.word) BETWEEN 3 AND 30 AND near.similarity >= likeness
        ORDER BY near.similarity DESC, near.documents DESC, near.lexeme
        LIMIT most * cardinality(words);
    END IF;
END $$
"""

# Counts the words of an organization anew where enough of its texts have changed since the last time: as many as a
# tenth of them. Answers whether it did. Of two that come at once the second waits and finds nothing to do.
COUNT_WORDS = """
CREATE FUNCTION trellis_count_words(counted_id uuid, counted_kind text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    counted integer;
BEGIN
    UPDATE search_word_totals SET changed = 0
    WHERE organization_id = counted_id AND kind = counted_kind AND changed > 0 AND changed * 10 >= texts;
    IF NOT FOUND THEN RETURN false; END IF;
    WITH counts AS MATERIALIZED (
        SELECT word, ndoc FROM ts_stat(format(
            'SELECT content FROM search_texts WHERE organization_id = %L AND kind = %L', counted_id, counted_kind
        )) WHERE char_length(word) <= 100
    ), gone AS (
        DELETE FROM search_words WHERE organization_id = counted_id AND kind = counted_kind
        AND NOT EXISTS (SELECT FROM counts WHERE word = lexeme)
    )
    INSERT INTO search_words (organization_id, kind, lexeme, documents)
    SELECT counted_id, counted_kind, word, ndoc FROM counts ORDER BY word
    ON CONFLICT (organization_id, kind, lexeme) DO UPDATE SET documents = excluded.documents
    WHERE search_words.documents <> excluded.documents;
    SELECT count(*) INTO counted FROM search_texts WHERE organization_id = counted_id AND kind = counted_kind;
    UPDATE search_word_totals SET texts = counted WHERE organization_id = counted_id AND kind = counted_kind;
    RETURN true;
END $$
"""

LOOK_UPS = (
    "trellis_matching(uuid, text, text[], real[], tsquery, tsquery)",
    "trellis_similar_words(uuid, text, text[], real, integer)",
)
FUNCTIONS = (*LOOK_UPS, "trellis_count_words(uuid, text)")


def upgrade() -> None:
    op.create_table(
        "search_words",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lexeme", sa.String(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.CheckConstraint("documents > 0", name=op.f("ck_search_words_documents_positive")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_search_words_organizations"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", "lexeme", name=op.f("pk_search_words")),
    )
    op.create_table(
        "search_word_totals",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("texts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("texts >= 0 AND changed >= 0", name=op.f("ck_search_word_totals_not_negative")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
            name=op.f("fk_search_word_totals_organizations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("organization_id", "kind", name=op.f("pk_search_word_totals")),
    )
    for table in ("search_words", "search_word_totals"):
        for statement in isolate(table):
            op.execute(statement)
    op.execute("GRANT DELETE ON search_words TO trellis_runtime")
    for function in (TERMS, TRIGRAMS, MATCHING, SIMILAR_WORDS, COUNT_WORDS):
        op.execute(function)
    op.execute(
        "CREATE INDEX ix_search_texts_terms ON search_texts"
        " USING gin (trellis_terms(organization_id, kind, tsvector_to_array(content)))"
    )
    op.execute(
        "CREATE INDEX ix_search_words_trigrams ON search_words"
        r" USING gin (trellis_trigrams(organization_id, kind, lexeme)) WHERE lexeme ~ '^\D{3,30}$'"
    )

    op.execute(RANKING_ROLE)
    for table in ("search_texts", "search_words"):
        op.execute(f"CREATE POLICY ranking ON {table} FOR SELECT TO trellis_ranking USING (true)")
        op.execute(f"GRANT SELECT ON {table} TO trellis_ranking")
    op.execute("GRANT CREATE ON SCHEMA public TO trellis_ranking")  # a new owner must be allowed to make what it gets
    for signature in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")
    for signature in LOOK_UPS:
        op.execute(f"ALTER FUNCTION {signature} OWNER TO trellis_ranking")
    op.execute("REVOKE CREATE ON SCHEMA public FROM trellis_ranking")


def downgrade() -> None:
    op.drop_index("ix_search_texts_terms", "search_texts")
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    op.execute("DROP POLICY ranking ON search_texts")
    op.execute("REVOKE SELECT ON search_texts FROM trellis_ranking")
    op.drop_table("search_word_totals")
    op.drop_table("search_words")
    op.execute("DROP FUNCTION trellis_trigrams(uuid, text, text)")
    op.execute("DROP FUNCTION trellis_terms(uuid, text, text[])")
