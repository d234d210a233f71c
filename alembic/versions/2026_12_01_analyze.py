"""Analyze also what nothing is known of, as after pg_upgrade, which counts no rows as new."""

from alembic import op

revision = "2026_12_01_analyze"
down_revision = "2026_11_30_urgent_assignee"
branch_labels = None
depends_on = None

ANALYZE = """
CREATE OR REPLACE FUNCTION trellis_analyze() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    filled regclass;
    changed boolean;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('trellis_analyze', 0)) THEN RETURN; END IF;
    FOR filled, changed IN
        SELECT oid, {changed} FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relowner = current_user::regrole
          AND ({due})
        ORDER BY oid
    LOOP{skip}
        EXECUTE format('ANALYZE (SKIP_LOCKED) %s', filled);
    END LOOP;
END $$
"""
CHANGED = "pg_stat_get_mod_since_analyze(oid) > 50 + 0.1 * greatest(reltuples, 0)"
UNKNOWN = "reltuples < 0"
# How large a table is cannot be asked while somebody has it to himself: that would wait for him.
SKIP_EMPTY = """
        BEGIN
            IF NOT changed THEN
                EXECUTE format('LOCK TABLE %s IN ACCESS SHARE MODE NOWAIT', filled);
                CONTINUE WHEN pg_relation_size(filled) = 0;
            END IF;
        EXCEPTION WHEN lock_not_available THEN CONTINUE;
        END;"""


def upgrade() -> None:
    op.execute(ANALYZE.format(changed=CHANGED, due=f"{CHANGED} OR {UNKNOWN}", skip=SKIP_EMPTY))


def downgrade() -> None:
    op.execute(ANALYZE.format(changed=CHANGED, due=CHANGED, skip=""))
