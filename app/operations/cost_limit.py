"""What a request comes to with its variables: what no document can know of itself."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from app.config import Limits
from app.operations.documents import Document, Refused
from app.operations.limits import Uses, exceeded

NO_USES: Uses = Counter()


def weigh(document: Document, variables: dict[str, Any], name: str | None, limits: Limits) -> dict[str, int]:
    """The cost of an operation as clients are told it; raises Refused where it, or its variables, are too much."""
    operation = document.operation(name)
    named = operation.name.value if operation.name else ""
    values = sum_of_values(variables, document.uses.get(named, NO_USES))
    if values > limits.max_values:
        raise Refused([exceeded("values in its variables", "max_values", limits.max_values, values)])
    price = document.prices[named]
    cost = {"requested": price.requested(variables), "limit": limits.max_cost}
    if cost["requested"] > limits.max_cost:
        dearest = price.dearest(variables)
        what = f"objects in its lists, most of them in `{dearest}`"
        error = exceeded(what, "max_cost", limits.max_cost, cost["requested"], operation)
        error.extensions = {**(error.extensions or {}), "field": dearest, "cost": cost}
        raise Refused([error])
    return cost


def sum_of_values(variables: Mapping[str, Any], uses: Uses) -> int:
    """How many values the variables hold, each counted as often as it is used, and once where it is not."""
    return sum(_values(value) * max(uses[name], 1) for name, value in variables.items())


def _values(value: Any) -> int:
    # A stack of our own: a client decides how deep this goes.
    if not isinstance(value, dict | list):
        return 1
    left, found = [value], 0
    while left:
        one = left.pop()
        found += 1
        if isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return found
