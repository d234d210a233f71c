"""Writes what the pages of this folder say about the code: `make docs`. A test checks that they say it still."""

import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import ForeignKeyConstraint, Table

from app.db.statement import DIALECT
from app.db.tables import all_tables

HERE = Path(__file__).parent
ARCHITECTURE = HERE / "architecture.md"
BEGIN, END = "<!-- tables: written by `make docs` -->", "<!-- /tables -->"


def tables() -> str:
    """The tables and what refers to what, as a Mermaid diagram."""
    ordered = all_tables().sorted_tables
    lines = [line for table in ordered for line in (*_entity(table), *_references(table))]
    return "\n".join(["```mermaid", "erDiagram", *lines, "```"])


def _entity(table: Table) -> Iterator[str]:
    yield f"    {table.name} {{"
    for column in table.columns:
        kind = column.type.compile(dialect=DIALECT).lower().replace("[]", "_array").replace(" ", "_")
        mark = " PK" if column.primary_key else " FK" if column.foreign_keys else ""
        yield f"        {kind} {column.name}{mark}"
    yield "    }"


def _references(table: Table) -> Iterator[str]:
    for constraint in sorted(table.foreign_key_constraints, key=lambda one: str(one.name)):
        columns = [name for name in constraint.column_keys if name != "organization_id"] or ["organization_id"]
        optional = any(table.columns[name].nullable for name in columns)
        yield f"    {_target(constraint)} {'|o' if optional else '||'}--o{{ {table.name} : {columns[-1]}"


def _target(constraint: ForeignKeyConstraint) -> str:
    return constraint.referred_table.name


def page(text: str) -> str:
    """The architecture page with its diagram as the tables are now."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    ARCHITECTURE.write_text(page(ARCHITECTURE.read_text()))
    sys.stderr.write(f"wrote {ARCHITECTURE}\n")
