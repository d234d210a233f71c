"""Let what search looks up lean on no statistics, and refresh those of tables that have just been filled."""

from alembic import op

revision = "2026_11_29_search_plans"
down_revision = "2026_11_29_word_counts"
branch_labels = None
depends_on = None

# Statistics of a table with many organizations never know the newest one: a planner that takes it for a row or two
# walks the primary key and computes trellis_terms of all its texts, or of all its words for each trigram. So each
# look-up is a subquery that holds the condition of its GIN index and nothing else, which OFFSET 0 keeps apart; with
# sequential scans off, the index is the only way to answer it. Organization and kind are compared outside: the index
# has hashes of them, so all that differ are collisions. One plan is as good as another then, and is made once.
LEANING_ON_NOTHING = """
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
"""
FOR_EACH_SEARCH = "SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan"

# The texts that hold one of `terms` and, where it is given, pass `held`, with what ts_rank says for `scored`, longer
# texts less.
MATCHING = """
CREATE OR REPLACE FUNCTION trellis_matching(
    searched_id uuid, searched_kind text, terms text[], letters real[], scored tsquery, held tsquery
) RETURNS TABLE (subject_id uuid, rank real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 2000 {settings} AS $$
BEGIN
    IF searched_id = ANY (nullif(current_setting('app.organization_ids', true), '')::uuid[]) THEN
        RETURN QUERY {query};
    END IF;
END $$
"""
MATCHING_QUERY = """
        SELECT found.subject_id, ts_rank(letters, found.content, scored, 1)
        FROM (
            SELECT texts.organization_id, texts.kind, texts.subject_id, texts.content FROM search_texts AS texts
            WHERE trellis_terms(texts.organization_id, texts.kind, tsvector_to_array(texts.content))
                  && trellis_terms(searched_id, searched_kind, terms)
            OFFSET 0
        ) AS found
        WHERE found.organization_id = searched_id AND found.kind = searched_kind
          AND (held IS NULL OR found.content @@ held)
"""
MATCHING_QUERY_BEFORE = """
        SELECT texts.subject_id, ts_rank(letters, texts.content, scored, 1)
        FROM search_texts AS texts
        WHERE texts.organization_id = searched_id AND texts.kind = searched_kind
          AND trellis_terms(texts.organization_id, texts.kind, tsvector_to_array(texts.content))
              && trellis_terms(searched_id, searched_kind, terms)
          AND (held IS NULL OR texts.content @@ held)
"""

# For each of `words`, the words of the organization that are most like it, as pg_trgm counts: trigrams that both have,
# of those that either has. Of two that are equally like it the more common one. Texts that came after the last count
# are looked at too: a word that one of them has is no mistake, and is answered as it is.
SIMILAR_WORDS = """
CREATE OR REPLACE FUNCTION trellis_similar_words(
    searched_id uuid, searched_kind text, words text[], likeness real, most integer
) RETURNS TABLE (word text, lexeme text, documents integer, similarity real)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 {settings} AS $$
BEGIN
    IF searched_id = ANY (nullif(current_setting('app.organization_ids', true), '')::uuid[]) THEN
        RETURN QUERY
        SELECT given.word, given.word, 1, 1::real
        FROM unnest(words) AS given (word)
        WHERE EXISTS ({is_in_a_text});
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
                {known}
                GROUP BY known.lexeme, known.documents
            ) AS shared
        ) AS near
        WHERE char_length(given.word) BETWEEN 3 AND 30 AND near.similarity >= likeness
        ORDER BY near.similarity DESC, near.documents DESC, near.lexeme
        LIMIT most * cardinality(words);
    END IF;
END $$
"""
IS_IN_A_TEXT = """
            SELECT FROM (
                SELECT texts.organization_id, texts.kind FROM search_texts AS texts
                WHERE trellis_terms(texts.organization_id, texts.kind, tsvector_to_array(texts.content))
                      && trellis_terms(searched_id, searched_kind, ARRAY[given.word])
                OFFSET 0
            ) AS found WHERE found.organization_id = searched_id AND found.kind = searched_kind
"""
KNOWN = r"""
                CROSS JOIN LATERAL (
                    SELECT * FROM search_words AS listed
                    WHERE trellis_trigrams(listed.organization_id, listed.kind, listed.lexeme) && ARRAY[had.trigram]
                      AND listed.lexeme ~ '^\D{3,30}$'
                    OFFSET 0
                ) AS known
                WHERE known.organization_id = searched_id AND known.kind = searched_kind AND known.lexeme <> given.word
"""
IS_IN_A_TEXT_BEFORE = """
            SELECT FROM search_texts AS texts
            WHERE texts.organization_id = searched_id AND texts.kind = searched_kind
              AND trellis_terms(texts.organization_id, texts.kind, tsvector_to_array(texts.content))
                  && trellis_terms(searched_id, searched_kind, ARRAY[given.word])
"""
KNOWN_BEFORE = r"""
                JOIN search_words AS known
                  ON trellis_trigrams(known.organization_id, known.kind, known.lexeme) && ARRAY[had.trigram]
                WHERE known.organization_id = searched_id AND known.kind = searched_kind
                  AND known.lexeme ~ '^\D{3,30}$' AND known.lexeme <> given.word
"""

# What the planner knows of these it must not use, and finding it out takes ANALYZE most of its time: it computes the
# terms of 30,000 texts.
UNUSED_COLUMNS = (("search_texts", "content"), ("embeddings", "embedding"))
UNUSED_INDEXES = ("ix_search_texts_terms", "ix_search_words_trigrams")

# What is new in a GIN index waits in a list, which every look-up reads from end to end until a vacuum takes it in: of
# 4 MB, by default, after an import. Of 128 kB look-ups take as long as without one, and 1,460 texts are written in
# 0.3 s in place of 0.1; without a list it would be 1.3 s. Words are written in bulk and in the background, and looked
# up by thirty trigrams at once: they have none.
LISTS = {"ix_search_texts_terms": "gin_pending_list_limit = 128", "ix_search_words_trigrams": "fastupdate = off"}

# The server's role owns no table, and before PostgreSQL 17 only owners may analyze one. It may ask for it here, and
# gets it where as much has changed as autovacuum acts upon, so that nobody can keep the database busy with it. One at a
# time: whoever comes second, or meets another's lock, goes away.
ANALYZE = """
CREATE FUNCTION trellis_analyze() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    filled regclass;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('trellis_analyze', 0)) THEN RETURN; END IF;
    FOR filled IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relowner = current_user::regrole
          AND pg_stat_get_mod_since_analyze(oid) > 50 + 0.1 * greatest(reltuples, 0)
        ORDER BY oid
    LOOP
        EXECUTE format('ANALYZE (SKIP_LOCKED) %s', filled);
    END LOOP;
END $$
"""


def upgrade() -> None:
    _replace(
        MATCHING.format(settings=LEANING_ON_NOTHING, query=MATCHING_QUERY),
        SIMILAR_WORDS.format(settings=LEANING_ON_NOTHING, is_in_a_text=IS_IN_A_TEXT, known=KNOWN),
    )
    for index, setting in LISTS.items():
        op.execute(f"ALTER INDEX {index} SET ({setting})")
        op.execute(f"SELECT gin_clean_pending_list('{index}')")
    _collect(0)
    op.execute(ANALYZE)
    op.execute("REVOKE ALL ON FUNCTION trellis_analyze() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION trellis_analyze() TO trellis_runtime")


def downgrade() -> None:
    op.execute("DROP FUNCTION trellis_analyze()")
    _collect(-1)
    for index, setting in LISTS.items():
        op.execute(f"ALTER INDEX {index} RESET ({setting.partition(' ')[0]})")
    _replace(
        MATCHING.format(settings=FOR_EACH_SEARCH, query=MATCHING_QUERY_BEFORE),
        SIMILAR_WORDS.format(settings=FOR_EACH_SEARCH, is_in_a_text=IS_IN_A_TEXT_BEFORE, known=KNOWN_BEFORE),
    )


def _replace(*functions: str) -> None:
    """As their owner, who must be allowed to make what they replace."""
    op.execute("GRANT CREATE ON SCHEMA public TO trellis_ranking")
    op.execute("SET LOCAL ROLE trellis_ranking")
    for function in functions:
        op.execute(function)
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM trellis_ranking")


def _collect(target: int) -> None:
    """How much ANALYZE finds out: 0 is nothing, -1 the default."""
    for table, column in UNUSED_COLUMNS:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {target}")
    for index in UNUSED_INDEXES:
        op.execute(f"ALTER INDEX {index} ALTER COLUMN 1 SET STATISTICS {target}")
