"""Takes a list of tags apart, as tools write lists into one field."""

import csv
import re
from typing import Any

import orjson


def tags_of(value: Any) -> list[Any]:
    """The tags of a text such as `a, b`, `a;b`, `[a,b]`, `["a","b"]` or `a, "b, c"`, or of a list."""
    if not isinstance(value, str):
        return value if isinstance(value, list) else [value] if value is not None else []
    text = value.strip()
    if text.startswith("[") and text.endswith("]"):
        try:
            return tags_of(orjson.loads(text))
        except orjson.JSONDecodeError:
            text = text[1:-1]
    if '"' in text:
        try:
            return next(csv.reader([" ".join(text.split())], skipinitialspace=True, strict=True))
        except (csv.Error, StopIteration):
            pass
    return re.split("[,;]", text)
