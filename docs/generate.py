"""Writes what the pages of this folder say about the code: `make docs`. A test checks that they say it still."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from sqlalchemy import ForeignKeyConstraint, Table

from app.caller_limits import CallerLimits
from app.config import Limits, Settings
from app.db.statement import DIALECT
from app.metrics.catalogue import CATALOGUE
from app.migrations.tables import all_tables
from app.time_limits import TimeLimits

HERE = Path(__file__).parent


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


def settings() -> str:
    """Every variable of the server but its limits, with default and reason."""
    limited = Limits.model_fields.keys() | CallerLimits.model_fields.keys()
    return _variables({name: one for name, one in Settings.model_fields.items() if name not in limited})


def caller_limits() -> str:
    """Every limit on what one caller may ask for, with default and reason."""
    return _variables(CallerLimits.model_fields)


def limits() -> str:
    """Every limit on what one request may ask for, with default and reason."""
    return _variables({name: one for name, one in Limits.model_fields.items() if name not in TimeLimits.model_fields})


def time_limits() -> str:
    """Every time limit that can be set, with default and reason."""
    return _variables(TimeLimits.model_fields)


def metrics() -> str:
    """Every metric, with its labels."""
    rows = [
        f"| `{one.name}` | {one.kind} | {', '.join(f'`{label}`' for label in one.labels)} | {one.says} |"
        for one in CATALOGUE
    ]
    return "\n".join(["| Metric | Kind | Labels | What it says |", "| --- | --- | --- | --- |", *rows])


def _variables(fields: dict[str, FieldInfo]) -> str:
    rows = [
        f"| `TRELLIS_{name.upper()}` | {_default(one)} | {(one.description or '').replace('|', '&#124;')} |"
        for name, one in fields.items()
    ]
    return "\n".join(["| Variable | Default | What for |", "| --- | --- | --- |", *rows])


def _default(field: FieldInfo) -> str:
    """A default as the environment would say it; nothing where there is none."""
    value = field.default
    if value is None or isinstance(value, SecretStr):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


class Part(NamedTuple):
    """What stands in a page between two comments, and who says it."""

    page: Path
    name: str
    say: Callable[[], str]

    def write(self, text: str) -> str:
        """The page's text, with the part as the code has it now."""
        begin, end = f"<!-- {self.name}: written by `make docs` -->", f"<!-- /{self.name} -->"
        before, rest = text.split(begin)
        _, after = rest.split(end)
        return f"{before}{begin}\n{self.say()}\n{end}{after}"


PARTS = [
    Part(HERE / "architecture.md", "tables", tables),
    Part(HERE / "operations.md", "settings", settings),
    Part(HERE / "operations.md", "time limits", time_limits),
    Part(HERE / "operations.md", "caller limits", caller_limits),
    Part(HERE / "operations.md", "limits", limits),
    Part(HERE / "operations.md", "metrics", metrics),
]

if __name__ == "__main__":
    for part in PARTS:
        part.page.write_text(part.write(part.page.read_text()))
        sys.stderr.write(f"wrote the {part.name} of {part.page}\n")
