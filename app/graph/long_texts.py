"""Long texts are measured by the statement that reads them: where they are too much, it does not answer them."""

from functools import reduce
from operator import add

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from app.db.columns import Expression, Rows
from app.db.record import Row
from app.db.source import Source
from app.db.statement import Parameters, Statement
from app.graph.camel_case import camel_case
from app.graph.context import Context


def measured(rows: Rows, source: Source) -> Rows:
    """`rows`, with how many bytes their long texts have together; of too many of these it answers the first row only.

    What they are together is known before any of them is fetched from where PostgreSQL keeps what is long.
    """
    texts = [name for name in source.long if name in rows.selected_columns]
    if not texts:
        return rows
    found = rows.subquery("found")
    sizes = reduce(add, (_size(found.c[name]) for name in texts))
    together = select(
        *found.c, func.sum(sizes).over().label("text_size"), func.row_number().over().label("place")
    ).subquery("together")
    fits = together.c.text_size <= bindparam("most_text", type_=BigInteger)
    shown = [column for column in together.c if column.name != "place"]
    return select(*shown).where(or_(fits, together.c.place == literal_column("1")))


def _size(text: Expression) -> Expression:
    """How many bytes it has; of a text PostgreSQL knows that without reading it."""
    return func.coalesce(
        func.octet_length(cast(text, Text) if isinstance(text.type, ARRAY | JSON) else text), literal_column("0")
    )


async def fetch_measured(
    context: Context, statement: Statement[Row], values: Parameters, source: Source, *, beyond: int | None = None
) -> list[Row]:
    """The rows of a statement whose rows were `measured`. Raises BudgetExceeded.

    Where it reads lists, its parameter `most` becomes what is left of the operation's objects, and so many `beyond`.
    """
    texts = [name for name in source.long if name in statement.record.selected]
    if beyond is None and not texts:
        return await context.fetch(statement, values)
    budget = context.budget
    async with budget.turn:
        left = {"most": budget.left + (beyond or 0), "most_text": budget.text_left}
        rows = await context.fetch(statement, {**values, **left})
        if rows and texts:
            budget.take_text(f"{source.typename}.{camel_case(texts[0])}", rows[0]["text_size"])
    return rows
