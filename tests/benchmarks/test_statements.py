"""The benchmark counts statements in PostgreSQL's log."""

from benchmarks.statements import SENT

LOG = """\
2026-11-22 07:00:00.001 UTC [7] LOG:  statement: BEGIN; SELECT trellis_identify('a', 'b')
2026-11-22 07:00:00.002 UTC [7] LOG:  execute __asyncpg_stmt_3__: SELECT 'LOG:  statement: '
\tFROM teams
2026-11-22 07:00:00.002 UTC [7] DETAIL:  Parameters: $1 = 'x'
2026-11-22 07:00:00.003 UTC [8] LOG:  execute team_id lists:
\t    SELECT row.id FROM team_members AS row
2026-11-22 07:00:00.004 UTC [8] LOG:  execute <unnamed>: SELECT 1
2026-11-22 07:00:00.005 UTC [9] LOG:  received SIGHUP, reloading configuration files
2026-11-22 07:00:00.006 UTC [7] LOG:  statement: ROLLBACK
"""


def test_each_message_with_statements_counts_once() -> None:
    assert len(SENT.findall(LOG)) == 5
