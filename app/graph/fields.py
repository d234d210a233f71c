"""Fields that answer for a whole level of rows at once, and what they need to know of them.

A field that loads is declared by a function (context, rows, arguments) → one value for each row. Bulk completion calls
it once a level; graphql-core, where it completes the field, once a row.
"""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from inspect import Parameter, Signature, isawaitable
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from app.graph.context import Context, Info

NEEDS = "needs"  # in a field's metadata: the columns that it reads of its row
COMPLEXITY = "complexity"  # in a field's metadata: what it takes for one row, in objects
NAMED_AFTER_TYPE = "named_after_type"  # in a field's metadata: as `teamMember` for a TeamMember
LEVEL = "level"  # in a field's metadata: what answers it for a level of rows

Arguments = Mapping[str, Any]  # of a field, by their names in Python
Column = list[Any]
Level = Callable[[Context, Sequence[Any], Arguments], Column | Awaitable[Column]]


def leaf(row: Any, name: str) -> Any:
    """The value of a column, as GraphQL shows it: what every field without a resolver answers."""
    value = getattr(row, name)
    return str(value) if name == "id" else value


def by_level(
    level: Level,
    *,
    description: str,
    needs: tuple[str, ...] = (),
    arguments: Sequence[Parameter] = (),
    name: str | None = None,
    complexity: int = 0,
) -> Any:
    """A field that `level` answers, which may be async; `needs` are the columns that it reads of its rows.

    `complexity` of a field of the query itself is what it takes beside the objects that it loads, as much work as
    loading so many: it is known before anything runs. Below, where fields may be completed twice, loaders count.

    `name` is what the schema calls it, where its attribute cannot be called so.
    """

    answer = _counted(level, complexity) if complexity else level

    def resolve(root: Any, info: Info, **given: Any) -> Any:
        return of_one(answer, info.context, root, given)

    resolve.__signature__ = Signature(  # type: ignore[attr-defined]  # what Strawberry reads the arguments from
        [
            Parameter("root", Parameter.POSITIONAL_OR_KEYWORD, annotation=Any),
            Parameter("info", Parameter.POSITIONAL_OR_KEYWORD, annotation=Info),
            *arguments,
        ]
    )
    return strawberry.field(
        resolver=resolve,
        name=name,
        description=description,
        metadata={LEVEL: answer, NEEDS: needs, COMPLEXITY: complexity},
    )


def _counted(level: Level, complexity: int) -> Level:
    def counted(context: Context, rows: Sequence[Any], arguments: Arguments) -> Column | Awaitable[Column]:
        context.budget.work += complexity * len(rows)
        return level(context, rows, arguments)

    return counted


def argument(name: str, annotation: Any, description: str, default: Any = UNSET) -> Parameter:
    """An argument of such a field; one without a default, `Parameter.empty`, has to be given."""
    annotated = Annotated[annotation, strawberry.argument(description=description)]
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotated, default=default)


def of_one(level: Level, context: Context, row: Any, arguments: Arguments) -> Any:
    """What `level` answers for a single row, or an awaitable of it."""
    values = level(context, [row], arguments)
    return Coming(values, only=True) if isawaitable(values) else values[0]


class Coming:
    """What a field's function answered, or will: `value` is that, an awaitable or not."""

    __slots__ = ("_only", "value")

    def __init__(self, value: Any, *, only: bool = False) -> None:
        """`only` takes the only value out of a column."""
        self.value = value
        self._only = only

    def __await__(self) -> Generator[Any, None, Any]:
        value = self.value
        if isawaitable(value):
            value = yield from value.__await__()
        return value[0] if self._only else value
