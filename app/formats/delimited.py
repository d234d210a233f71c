"""Reads CSV in all its dialects: by which sign fields are separated, where the header is, how quotes are written."""

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from app.formats.format import LISTS, plain
from app.formats.layout import Layout, known, readable, recognize
from app.formats.lines import Lines
from app.formats.record import FileUnusable, Record, Records, Reject

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MOST_ABOVE = 20  # lines above the header
# Far above what a task takes: a field that is too long is then one rejected record. Had the reader given up within it,
# the lines of its second half would be taken for records of their own.
LONGEST_FIELD = 16 * 1024 * 1024
SEPARATOR = re.compile(r'"?sep=(.)"?[\s;,]*', re.IGNORECASE)  # what Excel writes, and heeds
NOTHING = {"\\n", "null"}  # how databases and tools write that there is none
NULL = re.compile(r'(?<![^,;\t|])"?\\N"?(?=[,;\t|\r\n]|$)')  # a whole field, where backslashes say what is meant
NEVER_NOTHING = {"title", "tag"}  # these can be called so


class Header(NamedTuple):
    names: list[str]
    delimiter: str
    above: int  # lines
    lines: int  # that it takes


def read_delimited(lines: Lines, layout: Layout) -> Records:
    """The records, and the rows that are none. Raises FileUnusable where there is no header."""
    csv.field_size_limit(LONGEST_FIELD)
    header = _find_header(lines, layout)
    layout.container = f"CSV with {DELIMITERS.get(header.delimiter, header.delimiter)}"
    layout.skipped = header.above
    for _ in range(header.above + header.lines):
        next(lines)
    lines.take()
    picks, rest = _picks(header, layout)
    yield from _rows(header, lines, layout, Picker(picks, rest, header.names, layout))


def _find_header(lines: Lines, layout: Layout) -> Header:
    """Of the first lines the one that says most, and which sign separates its names. Sets the layout's format."""
    ahead = lines.peek(MOST_ABOVE + 1)
    candidates = [
        (known(plain_names, format_, layout.wishes), -place, header, format_)
        for place in range(len(ahead))
        for header in _headers(ahead, place)
        if (format_ := recognize(plain_names := [plain(name) for name in header.names], layout.wishes))
    ]
    if not candidates:
        raise FileUnusable(_no_header(ahead, layout))
    *_, header, layout.format = max(candidates, key=lambda candidate: candidate[:2])
    return header


def _headers(ahead: Sequence[str], place: int) -> Iterator[Header]:
    """The ways to read the lines from that one on as a header."""
    separator = SEPARATOR.fullmatch(ahead[place - 1].strip()) if place else None
    for delimiter in [separator[1]] if separator else DELIMITERS:
        reader = csv.reader(ahead[place:], delimiter=delimiter)
        try:
            names = next(reader)
        except (csv.Error, StopIteration):  # longer than any field may be: no names of columns, whatever it is
            continue
        above = place - bool(separator)
        yield Header([name.strip() for name in names], delimiter, above, place - above + reader.line_num)


def _no_header(ahead: Sequence[str], layout: Layout) -> str:
    first = next((line for line in ahead if line.strip()), "")
    title = (layout.wishes.format or layout.format).column_of("title")
    names = readable(re.split("[,;\t|]", first.strip()[:1000]))
    return (
        f"{layout.path} has no column {title}: its first line must name the columns, such as key,title,status, or "
        f"--map COLUMN=title say which is the title. It is: {names}"
    )


def _picks(header: Header, layout: Layout) -> tuple[dict[str, list[int]], list[int]]:
    """The places of each field, and those of columns that are none. Raises FileUnusable."""
    layout.check_wishes(header.names)
    plain_names = [plain(name) for name in header.names]
    fields = layout.fields(plain_names)
    doubled = {name for name in plain_names if plain_names.count(name) > 1 and fields.get(name, "tag") not in LISTS}
    wished = [name for name in plain_names if layout.wishes.columns.get(name)]
    doubled |= {name for name in wished for other in wished if other != name and _clash(fields, name, other)}
    if doubled:
        names = [name for name in dict.fromkeys(header.names) if plain(name) in doubled]
        raise FileUnusable(
            f"{layout.path} has more than one column for {readable([fields[plain(name)] for name in names])} "
            f'({readable(names)}): rename or remove one of each, or leave one aside, as --map "{names[0]}=" does'
        )
    picks: dict[str, list[int]] = {}
    for place, name in enumerate(plain_names):
        if name in fields:
            picks.setdefault(fields[name], []).append(place)
            layout.taken.setdefault(header.names[place], fields[name])
    for name in layout.required:
        if name not in picks:
            raise FileUnusable(f"{layout.path} has no column {name}: add it, or name one for all lines with --{name}")
    return picks, [place for place, name in enumerate(plain_names) if name not in fields]


def _clash(fields: dict[str, str], name: str, other: str) -> bool:
    return fields[name] == fields[other] and fields[name] not in LISTS


class Picker:
    """Takes the fields out of a row, and notes which of the other columns say something."""

    def __init__(self, picks: dict[str, list[int]], rest: list[int], names: Sequence[str], layout: Layout) -> None:
        self._one = [(name, places[0]) for name, places in picks.items() if len(places) == 1]
        self._several = [(name, places) for name, places in picks.items() if len(places) > 1]
        self._rest = rest
        self._names = names
        self._layout = layout

    def pick(self, row: list[str]) -> dict[str, Any]:
        values: dict[str, Any] = {name: row[place] for name, place in self._one}
        for name, places in self._several:
            said = [row[place] for place in places if row[place].strip()]
            values[name] = _joined(name, said)
        for name, value in values.items():
            if len(value) < 5 and name not in NEVER_NOTHING and value.lower() in NOTHING:
                values[name] = ""
        if told := [place for place in self._rest if row[place].strip()]:
            self._rest = [place for place in self._rest if place not in told]
            self._layout.left |= dict.fromkeys(self._names[place] or f"column {place + 1}" for place in told)
        return values


def _joined(name: str, said: list[str]) -> Any:
    """What several columns say of one field."""
    if name == "tag":
        return said
    return ", ".join(said) if name in LISTS else next(iter(said), "")


def _rows(header: Header, lines: Lines, layout: Layout, picker: Picker) -> Records:
    if layout.format.backslashes:
        given = (NULL.sub("", line) for line in lines)
        reader = csv.reader(given, delimiter=header.delimiter, strict=True, escapechar="\\", doublequote=False)
    else:
        reader = csv.reader(lines, delimiter=header.delimiter, strict=True)
    width = len(header.names)
    while True:
        line = lines.number + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield Reject(line, _malformed(str(error), raw := lines.take()), raw)
            continue
        if row is None:
            return
        raw = lines.take()
        if len(row) > width and not any(map(str.strip, row[width:])):
            del row[width:]
        if len(row) > width:
            yield Reject(line, f"malformed CSV: {len(row)} fields where the header has {width}", raw)
        elif any(map(str.strip, row)):  # else it is blank, or nothing but commas
            row += [""] * (width - len(row))
            yield Record(line, picker.pick(row), raw)


def _malformed(error: str, raw: str) -> str:
    """What is wrong with a record, and what that may come from."""
    hint = ""
    if '\\"' in raw:
        hint = r"; if quotes are written \" as MySQL does, add --format mysql"
    elif more := len(raw.splitlines()) - 1:
        hint = f"; from here on {more} more line{'s' * (more > 1)} belong to it: is a quote not closed?"
    return f"malformed CSV: {error}{hint}"
