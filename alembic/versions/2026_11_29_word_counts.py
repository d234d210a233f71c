"""Let words be counted without holding up whoever writes texts, and find where they are to be counted."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_29_word_counts"
down_revision = "2026_11_29_embedding_age"
branch_labels = None
depends_on = None

EMBEDDING = "current_setting('app.purpose', true) = 'embed'"
DUE = "changed > 0 AND changed * 10 >= texts"

# Counts the words of an organization anew where enough of its texts have changed since the last time: as many as a
# tenth of them. Answers whether it did. What changes meanwhile is noted by others, who do not wait: the row of the
# totals is written in the end. Of two that come at once the second does nothing.
COUNT_WORDS = """
CREATE OR REPLACE FUNCTION trellis_count_words(counted_id uuid, counted_kind text) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    noted integer;
    counted integer;
BEGIN
    SELECT changed INTO noted FROM search_word_totals
    WHERE organization_id = counted_id AND kind = counted_kind AND changed > 0 AND changed * 10 >= texts;
    IF NOT FOUND
       OR NOT pg_try_advisory_xact_lock(hashtextextended(counted_kind, uuid_hash_extended(counted_id, 0)))
    THEN RETURN false; END IF;
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
    UPDATE search_word_totals SET texts = counted, changed = greatest(changed - noted, 0), due_at = now()
    WHERE organization_id = counted_id AND kind = counted_kind;
    RETURN true;
END $$
"""
COUNT_WORDS_BEFORE = """
CREATE OR REPLACE FUNCTION trellis_count_words(counted_id uuid, counted_kind text) RETURNS boolean
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


def upgrade() -> None:
    op.add_column(
        "search_word_totals",
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.create_index(  # two rows for each organization: it takes no time
        "ix_search_word_totals_due", "search_word_totals", ["organization_id"], postgresql_where=sa.text(DUE)
    )
    op.execute(f"CREATE POLICY embedding ON search_word_totals FOR SELECT USING ({EMBEDDING})")
    op.execute(COUNT_WORDS)


def downgrade() -> None:
    op.execute(COUNT_WORDS_BEFORE)
    op.execute("DROP POLICY embedding ON search_word_totals")
    op.drop_index("ix_search_word_totals_due", "search_word_totals")
    op.drop_column("search_word_totals", "due_at")
