"""Reads JSON: an object on each line, an array of objects, or a Trello board."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from app.formats.format import LISTS, plain
from app.formats.layout import Layout, recognize
from app.formats.lines import Lines
from app.formats.record import FileUnusable, Record, Records, Reject
from app.tools.trello import cards_of, is_board

LARGEST_DOCUMENT = 256 * 1024 * 1024  # characters; it is held in memory as a whole
ONE_BY_ONE = "write one object per line, as `jq -c '.[]'` does"


def read_json(lines: Lines, layout: Layout) -> Records:
    """The records, and what is no object. Raises FileUnusable where a document as a whole is none."""
    first = next(line for line in lines if line.strip())
    parsed = _parsed(first)
    if (isinstance(parsed, dict) and not is_board(parsed)) or (parsed is None and _is_one_of_many(first, lines)):
        layout.container = "JSON Lines"
        yield from Picker(layout).records(_on_lines(first, lines))
    else:
        yield from Picker(layout).records(_numbered(_items(first + _rest(lines, layout), layout)))


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _is_one_of_many(first: str, lines: Lines) -> bool:
    """Whether a line that is no JSON is a damaged object among others, rather than the beginning of a document."""
    return first.lstrip().startswith("{") and any(isinstance(_parsed(line), dict) for line in lines.peek(3))


def _rest(lines: Lines, layout: Layout) -> str:
    parts, size = [], 0
    for line in lines:
        parts.append(line)
        size += len(line)
        if size > LARGEST_DOCUMENT:
            raise FileUnusable(f"{layout.path} is a JSON document of more than 256 MiB: {ONE_BY_ONE}")
    lines.take()
    return "".join(parts)


def _items(text: str, layout: Layout) -> Sequence[Any]:
    """The objects of a document. Raises FileUnusable."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FileUnusable(
            f"{layout.path} is malformed JSON ({error.msg}, line {error.lineno}): mend it, or {ONE_BY_ONE}"
        ) from error
    if is_board(document):
        layout.container = "JSON, a board"
        return list(cards_of(document))
    if not isinstance(document, list):
        inside = [name for name, value in document.items() if isinstance(value, list)]
        example = f"`jq '.{inside[0]}'`" if inside else "`jq -s .`"
        raise FileUnusable(
            f"{layout.path} is one JSON object, and no Trello board: write an array of tasks, as {example} does"
        )
    layout.container = "JSON"
    return document


Item = tuple[int, Any, str]  # its line or its place, what it is, and how it is written


def _numbered(items: Iterable[Any]) -> Iterator[Item]:
    for place, item in enumerate(items, 1):
        yield place, item, orjson.dumps(item).decode()


def _on_lines(first: str, lines: Lines) -> Iterator[Item | Reject]:
    yield _item(lines.number, first, lines.take())
    for text in lines:
        raw = lines.take()
        if raw.strip():
            yield _item(lines.number, text, raw)


def _item(line: int, text: str, raw: str) -> Item | Reject:
    try:
        return line, orjson.loads(text), raw
    except orjson.JSONDecodeError as error:
        return Reject(line, f"malformed JSON: {error.msg}, at character {error.pos + 1}", raw)


class Picker:
    """Makes records of objects, by the format that the first of them tells."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._fields: dict[str, str | None] = {}  # by the name in the file; None for a column that is none

    def records(self, items: Iterable[Item | Reject]) -> Records:
        for item in items:
            if isinstance(item, Reject):
                yield item
            elif isinstance(item[1], dict):
                yield Record(item[0], self._pick(item[1]), item[2])
            else:
                yield Reject(item[0], "malformed JSON: not an object", item[2])
        self._layout.check_wishes(list(self._fields))

    def _pick(self, item: dict[str, Any]) -> dict[str, Any]:
        if not self._fields:
            wishes = self._layout.wishes
            found = wishes.format or recognize([plain(name) for name in item], wishes)
            self._layout.format = found or self._layout.format
        values: dict[str, Any] = {}
        for name, value in item.items():
            is_ = self._fields[name] if name in self._fields else self._learn(name)
            if is_ is None:
                if value not in (None, "", [], {}):
                    self._layout.left[name] = None
            elif is_ in LISTS and values.get(is_):
                values[is_] = [*_listed(values[is_]), *_listed(value)]
            elif values.get(is_) in (None, ""):
                values[is_] = value
        return values

    def _learn(self, name: str) -> str | None:
        found = self._layout.fields([plain(name)]).get(plain(name))
        if found:
            self._layout.taken[name] = found
        self._fields[name] = found
        return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []
