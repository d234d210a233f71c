"""The objects of a level, made by a function that is compiled for their fields and for the class of their rows.

What stands in a column of the database is of a known type, so it is taken from the row right where the object is made,
and nobody looks at it first. Going through five thousand rows once for each field, once more for the types of its
values and once again for the objects took four times as long: each pass fetches all of them from memory anew.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from graphql import GraphQLEnumType, GraphQLNonNull, is_leaf_type
from sqlalchemy import BigInteger, ColumnElement, Uuid

from app.db.record import Record
from app.db.source import may_be_null, python_type
from app.execution.leaves import PLAIN, shown_texts
from app.execution.plan import FieldPlan, Make, Maker, Plan

Texts = Mapping[str | None, str | None]


def maker_of(plan: Plan, kind: type[Any] | None) -> Maker:
    """What makes the objects of a plan from rows of that class; None stands for several. Made once for each."""
    maker = plan.makers.get(kind)
    if maker is None:
        maker = plan.makers[kind] = _maker(plan, kind if kind and issubclass(kind, Record) else Record)
    return maker


def _maker(plan: Plan, kind: type[Record]) -> Maker:
    given: list[FieldPlan] = []
    tables: dict[str, Texts] = {}
    shown: list[str] = []
    for field in plan.fields:
        taken = _taken(field, kind)
        if taken is None:
            shown.append(f"given{len(given)}")
            given.append(field)
        elif isinstance(taken, str):
            shown.append(taken)
        else:
            shown.append(f"table{len(tables)}[{_value(field, kind)}]")
            tables[f"table{len(tables)}"] = taken
    make = _compiled(plan.names, tuple(shown), len(kind.selected), len(given), tuple(tables))
    return Maker(make(*tables.values()), tuple(given), plan.lists)


@lru_cache(1000)
def _compiled(
    names: tuple[str, ...], shown: tuple[str, ...], selected: int, given: int, tables: tuple[str, ...]
) -> Callable[..., Make]:
    """As `namedtuple` does it: a dict display takes a third of the time of `dict(zip(names, values))`.

    No text of a client gets into the source but the names of the answer's fields, of which `repr` makes literals.
    """
    objects = ", ".join(f"{name!r}: {value}" for name, value in zip(names, shown, strict=True))
    row = f"[{', '.join(f'value{place}' for place in range(selected))}]" if selected else "_"
    if given:
        columns = ", ".join(f"given{place}" for place in range(given))
        each = f"{row}, {columns} in zip(rows, *columns, strict=True)"
    else:
        each = f"{row} in rows"
    source = f"lambda {', '.join(tables)}: lambda rows, columns: [{{{objects}}} for {each}]"
    compiled: Callable[..., Make] = eval(source)  # noqa: S307  # see above
    return compiled


def _taken(field: FieldPlan, kind: type[Record]) -> str | Texts | None:
    """Python source of what the field shows, or what it shows for each text; None where values have to be looked at."""
    if field.constant is not None:
        return repr(field.constant)
    column = kind.columns.get(field.attribute or "")
    type_ = field.definition.type
    leaf = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if column is None or field.attribute not in kind.selected or not is_leaf_type(leaf):
        return None
    if may_be_null(column) and leaf is not type_:
        return None
    if leaf.name == "ID":
        never_null = isinstance(column.type, Uuid) and not may_be_null(column)
        return f"str({_value(field, kind)})" if field.attribute == "id" and never_null else None
    if isinstance(leaf, GraphQLEnumType) and python_type(column) is str:
        return shown_texts(leaf) | ({None: None} if leaf is type_ else {})
    return _value(field, kind) if _shows_as_it_is(leaf.name, column) else None


def _value(field: FieldPlan, kind: type[Record]) -> str:
    return f"value{kind.selected.index(field.attribute or '')}"


def _shows_as_it_is(leaf: str, column: ColumnElement[Any]) -> bool:
    # A Float must not be infinite, and an Int must fit 32 bits: what may hold more is looked at.
    always = leaf != "Float" and not (leaf == "Int" and isinstance(column.type, BigInteger))
    return always and python_type(column) in PLAIN.get(leaf, ())
