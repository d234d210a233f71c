"""Dry runs: `rateLimit(dryRun: true)` in a query says what it would cost, and has the rest of it not run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import FieldNode, OperationDefinitionNode, SelectionNode, SelectionSetNode, value_from_ast_untyped

from app.operations.documents import Document
from app.operations.limits import Meter

TYPE, FIELD, ARGUMENT = "RateLimit", "rateLimit", "dryRun"


def without_the_rest(document: Document, name: str | None, variables: Mapping[str, Any]) -> Document:
    """The document whose operation of that name asks but for its cost, where it wants a dry run; else as it is."""
    if TYPE not in document.asked:
        return document
    operation = document.operation(name)
    known = {**_defaults(operation), **variables}
    fields = Meter(document.tree, lambda node: _is_included(node, known)).fields(operation.selection_set, set())
    asking = tuple(one for one in fields if one.name.value == FIELD)
    if not any(_is_dry(one, known) for one in asking):
        return document
    left = replace(operation, selection_set=SelectionSetNode(selections=asking))
    others = (one for one in document.tree.definitions if one is not operation)
    return replace(document, tree=replace(document.tree, definitions=(left, *others)), plans=None)


def _is_dry(field: FieldNode, variables: Mapping[str, Any]) -> bool:
    given = (one.value for one in field.arguments or () if one.name.value == ARGUMENT)
    return any(value_from_ast_untyped(one, dict(variables)) is True for one in given)


def _is_included(node: SelectionNode, variables: Mapping[str, Any]) -> bool:
    """Whether neither @skip nor @include leaves it out."""
    for directive in node.directives or ():
        if directive.name.value in ("skip", "include") and directive.arguments:
            condition = value_from_ast_untyped(directive.arguments[0].value, dict(variables))
            if condition is (directive.name.value == "skip"):
                return False
    return True


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    given = operation.variable_definitions or ()
    return {one.variable.name.value: value_from_ast_untyped(one.default_value) for one in given if one.default_value}
