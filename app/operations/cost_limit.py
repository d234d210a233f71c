"""What a request comes to with its variables, and the refusal of what comes to too much."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, OperationType

from app.config import Limits
from app.execution.internals import declared
from app.graph.budget import BudgetExceeded, TooMuchText
from app.graph.fields import LEVEL
from app.operations.documents import Document, Refused
from app.operations.limits import Uses, exceeded

NO_USES: Uses = Counter()


def check_cost(document: Document, variables: dict[str, Any], name: str | None, limits: Limits) -> tuple[int, int]:
    """How many objects the lists of an operation could hold, and its complexity.

    Raises Refused where it or its variables are too much.
    """
    operation = document.operation(name)
    named = operation.name.value if operation.name else ""
    values = sum_of_values(variables, document.uses.get(named, NO_USES))
    if values > limits.max_values:
        raise Refused([exceeded("values in its variables", "max_values", limits.max_values, values)])
    cost = document.costs[named]
    requested = cost.requested(variables)
    for limit, found in (("max_requested", requested), ("max_loaded", cost.of_schema)):
        if found > getattr(limits, limit):
            costliest = cost.costliest(variables)
            what = f"objects in its lists, most of them in `{costliest}`"
            where = "" if limit == "max_loaded" else " with `first`"
            error = exceeded(what, limit, getattr(limits, limit), found, operation, where=where)
            error.extensions = {**(error.extensions or {}), "field": costliest, "argument": "first"}
            raise Refused([error])
    return requested, cost.complexity


def too_much_loaded(
    refusal: BudgetExceeded, schema: GraphQLSchema, document: Document, variables: Mapping[str, Any], name: str | None
) -> Refused:
    """What to tell of an operation that turned out to come to more than it may load."""
    operation = document.operation(name)
    cost = document.costs[operation.name.value if operation.name else ""]
    field = refusal.field or label_of(schema, refusal) or cost.costliest(variables)
    told = {"code": refusal.code, "limit": refusal.limit, "allowed": refusal.most, "found": refusal.found}
    if operation.operation is OperationType.MUTATION and isinstance(refusal, TooMuchText):
        advice, argument = "Nothing was written. Change fewer at once, or ask for less in the answer.", {}
    else:
        advice, argument = "Ask for fewer there with `first`, and page on with cursors.", {"argument": "first"}
    message = f"{refusal.message[:-1]}: `{field}` came to too much. {advice}"
    return Refused([GraphQLError(message, operation, extensions={**told, "field": field, **argument})])


def label_of(schema: GraphQLSchema, refusal: BudgetExceeded) -> str | None:
    """The field whose list came to too many, as in `Team.tasks`; None where it was no list by itself."""
    for type_ in schema.type_map.values():
        for name, field in type_.fields.items() if isinstance(type_, GraphQLObjectType) else ():
            definition = declared(field)
            if refusal.level and definition and definition.metadata.get(LEVEL) is refusal.level:
                return f"{type_.name}.{name}"
    return None


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
