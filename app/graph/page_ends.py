"""The ends of pages: of each its first row, its last, and the one by which it knows that more follow."""

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, literal_column, or_

from app.db.columns import Expression, Rows


def placed(child: Rows, *order: Expression) -> Rows:
    """The rows of a page before its limit, with their places from 1 on, and the id of the next where there is one.

    Both are told of a row while the index is read in this order, so that it is read no further than the limit.
    """
    place, later = func.row_number().over(order_by=order), func.lead(child.selected_columns["id"]).over(order_by=order)
    return child.add_columns(place.label("place"), later.label("later"))


def only_ends(rows: Rows) -> Rows:
    """Of rows that were `placed` and limited the first, the last that is shown, and the one after it."""
    page = rows.selected_columns
    first: ColumnElement[int] = literal_column("1")
    last = bindparam("limit", type_=BigInteger) - first
    return rows.where(or_(page["place"] == first, page["place"] >= last, page["later"].is_(None)))
