"""Let search know the words of a text without their accents, in their parts, and in scripts without blanks.

Texts that are there are read anew by the servers, in the background: an organization's have been up to `reread_after`.
"""

import sqlalchemy as sa
from alembic import op

revision = "2026_12_01_words"
down_revision = "2026_12_01_titled"
branch_labels = None
depends_on = None

IN_TURN = "SET search_path = pg_catalog, public, pg_temp"
FUNCTION = f"LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE {IN_TURN}"

# Letters of Thai, Lao, Burmese, Khmer, Japanese, Chinese and Korean, which are written without blanks between words or
# with endings that are not told from them, and the marks that belong to the letter before.
LETTERS = (
    r"\u0E01-\u0E30\u0E32\u0E33\u0E40-\u0E46\u0E81-\u0EB0\u0EB2\u0EB3\u0EC0-\u0EC6\u1000-\u102A\u1050-\u1055"
    r"\u1780-\u17B3\u3005-\u3007\u3041-\u3096\u309D-\u30FA\u30FC-\u312F\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF"
    r"\uAC00-\uD7A3\uF900-\uFAFF\U00020000-\U0003FFFF"
)
MARKS = (
    r"\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1\u0EB4-\u0EBC\u0EC8-\u0ECE\u102B-\u103E\u1056-\u1059\u17B4-\u17D3"
    r"\u3099\u309A"
)
PICTURES = r"\u2190-\u21FF\u2300-\u2BFF\U0001F000-\U0001FAFF"  # arrows, symbols and emoji
UNIT = f"[{LETTERS}{PICTURES}][{MARKS}]*"
# In a database whose locale is C, PostgreSQL takes whatever is not ASCII for a letter.
SIGNS = (
    r"\u0080-\u00A9\u00AB\u00AC\u00AE-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u2000-\u200A\u2010-\u2029"
    r"\u202F-\u205F\u20A0-\u20CF\u2200-\u22FF\u3000-\u3004\u3008-\u3020\u3030\u303D\u30FB\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40"
    r"\uFF5B-\uFF65"
)
# What no reader sees or misses: accents (of Hebrew and Arabic too), soft hyphens, joiners, controls of direction.
UNSEEN = (
    r"\u0300-\u036F\u0483-\u0487\u0591-\u05BD\u05BF\u05C1-\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670\u00AD"
    r"\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFE00-\uFE0F\uFEFF\U0001F3FB-\U0001F3FF"
)

DASHES_AND_QUOTES = "\u2019\u2018\u2010\u2011"
CLEANED = rf"""
CREATE FUNCTION trellis_cleaned(written text) RETURNS text {FUNCTION} AS $$
BEGIN
    written := regexp_replace(translate(written, '{DASHES_AND_QUOTES}', '''''--') COLLATE "C", '[{UNSEEN}]+', '', 'g');
    RETURN regexp_replace(written COLLATE "C", '[{SIGNS}]+', ' ', 'g');
END $$
"""

# A text without accents. What Unicode takes for one letter is told here. No letter of ASCII changes.
FINAL_SIGMA, SIGMA = "\u03c2", "\u03c3"
PLAIN = f"""
CREATE FUNCTION trellis_plain(written text) RETURNS text {FUNCTION} AS $$
BEGIN
    IF octet_length(written) = char_length(written) THEN RETURN written; END IF;
    written := normalize(trellis_cleaned(normalize(written, NFKD)), NFC);
    written := translate(written, 'øØłŁđĐðÐħĦıŧŦ{FINAL_SIGMA}', 'oOlLdDdDhHitT{SIGMA}');
    written := replace(replace(replace(written, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
    RETURN replace(replace(replace(written, 'ẞ', 'SS'), 'Æ', 'AE'), 'Œ', 'OE');
END $$
"""

# A text in which PostgreSQL's parser finds the parts of words: of addresses, paths, camelCase, version numbers. Only
# characters that are not shown are put in, so that a text is itself again without them: E'\\x05' between the parts of
# a word, E'\\x13' around letters that are not joined to words. The signs of C#, C++ and AT&T become letters that nobody
# has written for 1,500 years: the parser would drop them.
PARTS = rf"""
CREATE FUNCTION trellis_parts(written text) RETURNS text {FUNCTION} AS $$
BEGIN
    written := written COLLATE "C";
    IF strpos(written, '#') > 0 THEN
        written := regexp_replace(written COLLATE "C", '([A-Za-z])#(?![A-Za-z0-9])', '\1𐌰', 'g');
    END IF;
    IF strpos(written, '++') > 0 THEN
        written := regexp_replace(written COLLATE "C", '([A-Za-z])\+\+', E'\\1𐌱𐌱\x05', 'g');
    END IF;
    IF strpos(written, '&') > 0 THEN
        written := regexp_replace(written COLLATE "C", '\m([A-Za-z]{{1,2}})&(?=[A-Za-z]{{1,2}}\M)', '\1𐌲', 'g');
    END IF;
    written := regexp_replace(written COLLATE "C", '[-/@_:+&<]|\.(?![0-9])', E'\\&\x05', 'g');
    written := regexp_replace(written COLLATE "C", '([^0-9]\.)([0-9])', E'\\1\x05\\2', 'g');
    written := regexp_replace(written COLLATE "C", '([A-Za-z])([0-9]+\.[0-9])', E'\\1\x05\\2', 'g');
    written := regexp_replace(written COLLATE "C", '[a-z][a-z](?=[A-Z])', E'\\&\x05', 'g');
    written := regexp_replace(written COLLATE "C", '([A-Z])([A-Z][a-z][a-z])', E'\\1\x05\\2', 'g');
    IF octet_length(written) = char_length(written) THEN RETURN written; END IF;
    RETURN regexp_replace(written COLLATE "C", '([{SIGNS}]|{UNIT})', E'\x13\\1\x13', 'g');
END $$
"""

# What the words of a text are called besides: what is written without blanks, two letters at a time.
PAIRS = rf"""
CREATE FUNCTION trellis_pairs(written text) RETURNS text {FUNCTION} AS $$
DECLARE
    runs text := regexp_replace(written COLLATE "C", '[^{LETTERS}{PICTURES}{MARKS}]+', ' ', 'g');
    later text := regexp_replace(runs COLLATE "C", '(^| ){UNIT}', '\1', 'g');
BEGIN
    RETURN regexp_replace(runs || ' ' || later COLLATE "C", '({UNIT}{UNIT})', '\1 ', 'g');
END $$
"""

# The words of a text, and of a query: in their order, with the letter that is given; and what they are called besides,
# behind them, with C in place of A and D of any other. A text of nothing but stop words has those.
# Longer texts are found without their accents only: to read them once more takes a fifth of all.
SPELLED = 20_000  # characters
WORD = r"[0-9A-Za-z.\u0080-\U000FFFFF]"
JOINT = r"[-./@_:\x05]*\x05"
WORDS = rf"""
CREATE FUNCTION trellis_words(written text, letter "char") RETURNS tsvector {FUNCTION} AS $$
DECLARE
    plain text := trellis_plain(written);
    parts text := trellis_parts(plain);
    spelled text := parts;
    called text := '';
    words tsvector := to_tsvector('english', parts);
    others tsvector;
BEGIN
    IF octet_length(written) > char_length(written) THEN
        IF char_length(written) <= {SPELLED} THEN
            spelled := trellis_parts(trellis_cleaned(normalize(written, NFKC)));
        END IF;
        called := trellis_pairs(plain);
    END IF;
    IF spelled <> parts THEN
        called := called || ' ' || coalesce((SELECT string_agg(accented[1], ' ') FROM regexp_matches(
            spelled COLLATE "C", '(?:[0-9A-Za-z]*[^\x01-\x7F])+[0-9A-Za-z]*', 'g'
        ) AS accented), '');
    END IF;
    called := called || ' ' || coalesce(translate((SELECT string_agg(whole[1], ' ') FROM regexp_matches(
        spelled COLLATE "C", '{WORD}+(?:{JOINT}{WORD}+)+', 'g'
    ) AS whole WHERE octet_length(whole[1]) <= 100), E'-./@_:\x05', ''), '');
    others := ts_delete(to_tsvector('english', called), tsvector_to_array(words));
    IF words = '' AND others = '' THEN words := to_tsvector('simple', parts); END IF;
    RETURN setweight(words, letter) || setweight(others, CASE letter WHEN 'A' THEN 'C' ELSE 'D' END::"char");
END $$
"""

# The part of a text that matches. Of what is written without blanks all letters are one word where they hold pairs that
# were asked for: phrases PostgreSQL would not find. Words that match by what they are called besides are marked, too;
# mostly there are none, which is seen at once.
AS_LEXEME = r"""'''' || replace(replace({0}, '\', '\\'), '''', '''''') || ''''"""
SNIPPET = rf"""
CREATE FUNCTION trellis_snippet(written text, lexemes text[], options text) RETURNS text {FUNCTION} AS $$
DECLARE
    shown text := trellis_parts(normalize(written, NFC));
    asked text := (SELECT string_agg({AS_LEXEME.format("lexeme")}, ' | ') FROM unnest(lexemes) AS lexeme);
    marked tsquery := coalesce(asked, '');
    pair text;
    words text[];
    called text[];
BEGIN
    IF octet_length(written) > char_length(written) THEN
        FOREACH pair IN ARRAY lexemes LOOP
            CONTINUE WHEN pair COLLATE "C" !~ '^{UNIT}{UNIT}$';
            shown := replace(
                shown,
                regexp_replace(pair COLLATE "C", '^({UNIT})({UNIT})$', E'\\1\x13\x13\\2'),
                regexp_replace(pair COLLATE "C", '^({UNIT})({UNIT})$', '\1𐌳\2')
            );
        END LOOP;
    END IF;
    IF strpos(shown, '𐌳') > 0 THEN
        asked := asked || ' | ' || (SELECT string_agg(DISTINCT {AS_LEXEME.format("run[1]")}, ' | ')
                                    FROM regexp_matches(shown COLLATE "C", '[^\x13]*𐌳[^\x13]*', 'g') AS run);
        marked := asked;
    END IF;
    SELECT array_agg(one.word), array_agg(CASE
        WHEN octet_length(one.word) = char_length(one.word) THEN translate(one.word, E'-./@_:\x05', '')
        ELSE trellis_plain(one.word) || ' ' || translate(trellis_plain(one.word), E'-./@_:\x05', '')
    END) INTO words, called
    FROM (SELECT DISTINCT part[1] AS word
          FROM regexp_matches(shown COLLATE "C", CASE
              WHEN octet_length(shown) = char_length(shown) THEN '{WORD}+(?:{JOINT}{WORD}+)+'
              ELSE '{WORD}+(?:{JOINT}{WORD}+)*'
          END, 'g') AS part
          WHERE octet_length(part[1]) > char_length(part[1]) OR strpos(part[1], E'\x05') > 0) AS one;
    IF to_tsvector('english', array_to_string(called, ' ')) @@ marked THEN
        marked := concat_ws(' | ', asked, (
            SELECT string_agg(DISTINCT replace(plainto_tsquery('english', one.word)::text, ' & ', ' | '), ' | ')
            FROM unnest(words, called) AS one (word, called)
            WHERE to_tsvector('english', one.called) @@ marked AND NOT to_tsvector('english', one.word) @@ marked
        ))::tsquery;
    END IF;
    IF to_tsvector('english', marked::text) = '' THEN RETURN ts_headline('simple', shown, marked, options); END IF;
    RETURN ts_headline('english', shown, marked, options);
END $$
"""

FUNCTIONS = (
    (CLEANED, "trellis_cleaned(text)"),
    (PLAIN, "trellis_plain(text)"),
    (PARTS, "trellis_parts(text)"),
    (PAIRS, "trellis_pairs(text)"),
    (WORDS, 'trellis_words(text, "char")'),
    (SNIPPET, "trellis_snippet(text, text[], text)"),
)

UNREAD = "reread_after IS NOT NULL"
# Where there are texts that nobody has counted yet, too.
REREAD_ALL = """
INSERT INTO search_word_totals (organization_id, kind, reread_after)
SELECT id, kind, '00000000-0000-0000-0000-000000000000'
FROM organizations CROSS JOIN unnest('{TASK,CHUNK}'::text[]) AS kind
ON CONFLICT (organization_id, kind) DO UPDATE SET reread_after = excluded.reread_after
"""


def upgrade() -> None:
    for function, _ in FUNCTIONS:
        op.execute(function)
    op.add_column("search_word_totals", sa.Column("reread_after", sa.Uuid(), nullable=True))
    op.create_index(  # two rows for each organization: it takes no time
        "ix_search_word_totals_unread", "search_word_totals", ["organization_id"], postgresql_where=sa.text(UNREAD)
    )
    # Row-level security holds the owner, too, who is shown all organizations as the worker that embeds is.
    op.execute("SELECT set_config('app.purpose', 'embed', true)")
    op.execute(
        "SELECT set_config('app.organization_ids', coalesce(array_agg(id), '{}')::text, true) FROM organizations"
    )
    op.execute(REREAD_ALL)
    op.execute("SELECT set_config('app.purpose', '', true), set_config('app.organization_ids', '', true)")


def downgrade() -> None:
    """Texts keep the words that they have been given, until they are written again."""
    op.drop_index("ix_search_word_totals_unread", "search_word_totals")
    op.drop_column("search_word_totals", "reread_after")
    for _, signature in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {signature}")
