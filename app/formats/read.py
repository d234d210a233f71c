"""Reads a file of tasks: told apart by what is in it, never by its name."""

from itertools import chain

from app.formats.delimited import read_delimited
from app.formats.json_items import read_json
from app.formats.layout import Layout
from app.formats.lines import open_lines
from app.formats.record import FileUnusable, Record, Records, Reject


def read(layout: Layout) -> Records:
    """The records of the layout's file, in its order. Raises FileUnusable, where the file is damaged only there."""
    with open_lines(layout.path, layout.encoding) as lines:
        while (line := lines.peek(1)) and not line[0].strip():
            next(lines)
        if not line:
            raise FileUnusable(f"{layout.path} is empty: its first line must name the columns, or be a JSON object")
        lines.take()
        records = read_json if line[0].lstrip().startswith(("{", "[")) else read_delimited
        yield from _shaped(records(lines, layout), layout)


def _shaped(records: Records, layout: Layout) -> Records:
    """The format is known once there is a record, whatever was none before it."""
    ahead: list[Record | Reject] = []
    for record in records:
        ahead.append(record)
        if isinstance(record, Record):
            break
    shape = layout.format.shape
    rest = chain(ahead, records)
    return shape(rest) if shape else rest
