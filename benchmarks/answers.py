"""Whether two servers gave the same answer, whatever shape each gives it."""

from datetime import datetime
from typing import Any

import orjson


class AnswersDiffer(Exception):
    """A server said something else than the floor: what is timed would not be the same work."""


def plain(body: bytes) -> Any:
    """The organization in a response, with what is a matter of form taken away; raises AnswersDiffer on errors.

    Cursors are each server's own, so only their presence counts; moments are compared as such and not as text.
    """
    response = orjson.loads(body)
    data = response.get("data")
    if "errors" in response or not data:
        raise AnswersDiffer(f"not an answer: {body[:500].decode(errors='replace')}")
    found = data.get("organization") or data.get("organizations")
    return _plain(found[0] if isinstance(found, list) else found)


def require_same(name: str, answer: Any, expected: Any) -> None:
    """Raises AnswersDiffer, with the place of the first difference."""
    difference = _difference(answer, expected, "organization")
    if difference:
        raise AnswersDiffer(f"{name} differs from the floor at {difference}")


def _plain(value: Any) -> Any:
    match value:
        case {"nodes": rows}:
            return _plain(rows)
        case {"organizationMember": {"user": user}, **rest}:
            return _plain({**rest, "user": user})
        case dict():
            return {name: _leaf(name, _plain(child)) for name, child in value.items()}
        case list():
            return [_plain(child) for child in value]
    return value


def _leaf(name: str, value: Any) -> Any:
    match name:
        case "cursor" | "endCursor":
            return bool(value)
        case "createdAt":
            return datetime.fromisoformat(value)
    return value


def _difference(answer: Any, expected: Any, place: str) -> str | None:
    if isinstance(answer, dict) and isinstance(expected, dict) and answer.keys() == expected.keys():
        found = (_difference(answer[name], expected[name], f"{place}.{name}") for name in expected)
    elif isinstance(answer, list) and isinstance(expected, list) and len(answer) == len(expected):
        found = (
            _difference(*pair, f"{place}[{index}]") for index, pair in enumerate(zip(answer, expected, strict=True))
        )
    else:
        return None if answer == expected else f"{place}: {str(answer)[:200]} instead of {str(expected)[:200]}"
    return next((difference for difference in found if difference), None)
