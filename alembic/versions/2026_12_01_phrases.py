"""Let phrases hold for the whole of a text, and find titles that are what was typed."""

from alembic import op

revision = "2026_12_01_phrases"
down_revision = "2026_12_01_stale_vectors"
branch_labels = None
depends_on = None

SETTINGS = """
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
"""

# The texts that have all `words`, by the index and nothing else; those whose hashes collide are among them.
WITH_ALL_WORDS = """SELECT texts.organization_id, texts.kind, texts.subject_id, texts.content
                FROM search_texts AS texts
                WHERE trellis_terms(texts.organization_id, texts.kind, tsvector_to_array(texts.content))
                      @> trellis_terms(searched_id, searched_kind, words)
                OFFSET 0"""

# The texts that hold what is `asked`, by the positions of its words. PostgreSQL keeps 255 of a word, and none above
# 16,383. Where those of one of these words were cut off, any text that has all of them is answered, as `cut`: whoever
# asks has to look at the text itself.
HOLDING = f"""
CREATE FUNCTION trellis_holding(searched_id uuid, searched_kind text, asked tsquery)
RETURNS TABLE (subject_id uuid, cut boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 200 {SETTINGS} AS $$
DECLARE
    together tsquery := regexp_replace(asked::text, ' <(-|\\d+)> ', ' & ', 'g')::tsquery;
    words text[] := tsvector_to_array(regexp_replace(asked::text, ' (<(-|\\d+)>|&) ', ' ', 'g')::tsvector);
BEGIN
    IF words <> '{{}}'
       AND searched_id = ANY (nullif(current_setting('app.organization_ids', true), '')::uuid[]) THEN
        RETURN QUERY
        SELECT checked.subject_id, checked.cut
        FROM (
            SELECT found.subject_id, found.content, asked <> together AND EXISTS (
                SELECT FROM unnest(ts_filter(setweight(setweight(found.content, 'D'), 'A', words), '{{a}}')) AS kept
                WHERE cardinality(kept.positions) >= 255 OR 16383 = ANY (kept.positions)
            ) AS cut
            FROM (
                {WITH_ALL_WORDS}
            ) AS found
            WHERE found.organization_id = searched_id AND found.kind = searched_kind AND found.content @@ together
            OFFSET 0
        ) AS checked
        WHERE checked.cut OR checked.content @@ asked;
    END IF;
END $$
"""

# The texts whose titles have these words and no others.
TITLED = f"""
CREATE FUNCTION trellis_titled(searched_id uuid, searched_kind text, title tsvector) RETURNS TABLE (subject_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20 {SETTINGS} AS $$
DECLARE
    words text[] := tsvector_to_array(title);
BEGIN
    IF words <> '{{}}'
       AND searched_id = ANY (nullif(current_setting('app.organization_ids', true), '')::uuid[]) THEN
        RETURN QUERY
        SELECT found.subject_id
        FROM (
            {WITH_ALL_WORDS}
        ) AS found
        WHERE found.organization_id = searched_id AND found.kind = searched_kind
          AND tsvector_to_array(ts_filter(found.content, '{{a}}')) = words;
    END IF;
END $$
"""

# A text in pieces of which each is short enough for all positions of its words. What is up to `reach` characters long
# is in one of them. A piece begins and ends with a whole word, where words are not written without blanks.
PIECES = r"""
CREATE FUNCTION trellis_pieces(written text, reach integer) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 300 SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    flat text := regexp_replace(written COLLATE "C", '\s+', ' ', 'g');
    size integer := char_length(flat);
    step CONSTANT integer := 200;
    longest CONSTANT integer := step + reach + 130;
    piece text;
BEGIN
    FOR start IN 1..size BY step LOOP
        piece := substr(flat, greatest(start - 1, 1), longest);
        IF start > 1 THEN piece := regexp_replace(piece COLLATE "C", '^\S{0,60}\s', ''); END IF;
        IF start + longest <= size THEN piece := regexp_replace(piece COLLATE "C", '\s\S{0,60}$', ''); END IF;
        RETURN NEXT piece;
        EXIT WHEN start + longest > size + 1;
    END LOOP;
END $$
"""

LOOK_UPS = ("trellis_holding(uuid, text, tsquery)", "trellis_titled(uuid, text, tsvector)")


def upgrade() -> None:
    for function in (HOLDING, TITLED, PIECES):
        op.execute(function)
    op.execute("GRANT CREATE ON SCHEMA public TO trellis_ranking")  # a new owner must be allowed to make what it gets
    for signature in LOOK_UPS:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO trellis_runtime")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO trellis_ranking")
    op.execute("REVOKE CREATE ON SCHEMA public FROM trellis_ranking")


def downgrade() -> None:
    op.execute("DROP FUNCTION trellis_pieces(text, integer)")
    for signature in LOOK_UPS:
        op.execute(f"DROP FUNCTION {signature}")
