"""Row-level security in SQL, as the migrations write it: what one organization's people may see of a table.

Migrations that have run call these functions, so a change here is a new function.
"""

# The SELECT makes it an InitPlan, evaluated once a statement instead of once a row; the outer cast keeps the parser
# from reading a set of rows. A setting whose transaction has ended is '' and not NULL, hence nullif.
ORGANIZATION_IDS = "((SELECT nullif(current_setting('app.organization_ids', true), '')::uuid[])::uuid[])"
# The planner must not take the policy for a reason why there are few rows: multiplied with what a statement itself says
# of the column it makes one row of the largest tenant's, and then all of them are sorted instead of a page being read
# off the index of its order. It does not see through coalesce.
VISIBLE = f"coalesce(organization_id = ANY ({ORGANIZATION_IDS}), false)"
ACTOR_ID = "(SELECT nullif(current_setting('app.actor_id', true), '')::uuid)"


def isolate(table: str, *, visible: str = VISIBLE) -> tuple[str, ...]:
    """The statements that hide every row of `table` for which `visible` does not hold, also from the table's owner."""
    return (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY isolation ON {table} USING ({visible}) WITH CHECK ({visible})",
        f"GRANT SELECT, INSERT, UPDATE ON {table} TO trellis_runtime",
    )
