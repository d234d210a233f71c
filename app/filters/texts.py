"""Conditions on texts, in which what people take for the same is: app/spelling.py says in Python what that is.

A filter may hold hundreds of them, so each is written by one element; the functions of SQLAlchemy would take a dozen.
What a column is compared with is worked out once for all rows: a plan that is kept would do it for each.
"""

from typing import Any

from sqlalchemy import ARRAY, Boolean, ColumnElement, FromClause, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.visitors import InternalTraversal

from app.db.columns import Expression
from app.graph.conditions import Condition, Values

ONE, SEVERAL = Text(), ARRAY(Text)  # made once, since each that is made is looked into anew
COLUMN, VALUE = "trellis_folded({column})", "(SELECT trellis_folded({value}))"
AMONG = "trellis_folded({column}) = ANY (ARRAY(SELECT trellis_folded(one) FROM unnest({value}) AS one))"
# NULL differs from every value.
TESTS = {
    "eq": f"({COLUMN} = {VALUE})",
    "ne": f"({COLUMN} IS DISTINCT FROM {VALUE})",
    "in_": f"({AMONG})",
    "not_in": f"coalesce(NOT ({AMONG}), true)",
    "contains": f"(strpos({COLUMN}, {VALUE}) > 0)",
    "starts_with": f"starts_with({COLUMN}, {VALUE})",
}


class TextTest(ColumnElement[bool]):
    """One of TESTS, of a column and a parameter."""

    type = Boolean()
    inherit_cache = False
    _traverse_internals = [  # noqa: RUF012  # as SQLAlchemy has it
        ("tested", InternalTraversal.dp_clauseelement),
        ("value", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, how: str, tested: Expression, value: Expression) -> None:
        self.how, self.tested, self.value = how, tested, value

    @property
    def _from_objects(self) -> list[FromClause]:
        return self.tested._from_objects  # noqa: SLF001  # as its own elements do


@compiles(TextTest)
def _written(element: TextTest, compiler: SQLCompiler, **options: Any) -> str:
    column, value = (compiler.process(one, **options) for one in (element.tested, element.value))
    return TESTS[element.how].format(column=column, value=value)


def text_compared(column: Expression, how: str, value: str | list[str], values: Values) -> Condition:
    """Whether the text passes the test of this name."""
    parameter, type_ = values.add(value), SEVERAL if isinstance(value, list) else ONE
    return Condition(f"text_{how}", lambda: TextTest(how, column, bindparam(parameter, type_=type_)))
