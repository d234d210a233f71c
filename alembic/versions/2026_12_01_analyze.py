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
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('trellis_analyze', 0)) THEN RETURN; END IF;
    FOR filled IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relowner = current_user::regrole
          AND ({due})
        ORDER BY oid
    LOOP
        EXECUTE format('ANALYZE (SKIP_LOCKED) %s', filled);
    END LOOP;
END $$
"""
CHANGED = "pg_stat_get_mod_since_analyze(oid) > 50 + 0.1 * greatest(reltuples, 0)"
UNKNOWN = "reltuples < 0 AND pg_relation_size(oid) > 0"


def upgrade() -> None:
    op.execute(ANALYZE.format(due=f"{CHANGED} OR {UNKNOWN}"))


def downgrade() -> None:
    op.execute(ANALYZE.format(due=CHANGED))
