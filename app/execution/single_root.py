"""The root field of a query that has only one, as most have: resolved without what graphql-core needs for many."""

from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo

from app.execution.internals import FieldDetailsList, GroupedFieldSet, Path, StrawberryField, declared
from app.graph.fields import LEVEL, Arguments, of_one


@dataclass(frozen=True, slots=True)
class RootField:
    """The field, and what Strawberry knows of it."""

    name: str  # in the answer
    details: FieldDetailsList
    parent: GraphQLObjectType
    definition: GraphQLField
    declared: StrawberryField

    @property
    def path(self) -> Path:
        return Path(None, self.name, self.parent.name)

    def resolve(self, root: Any, info: GraphQLResolveInfo[Any], arguments: Arguments) -> Any:
        """What the field's function answers, or an awaitable of it; raises what it raises."""
        level = self.declared.metadata.get(LEVEL)
        if level is not None:
            return of_one(level, info.context, root, arguments)
        resolver = self.declared.base_resolver
        if resolver is None:
            raise TypeError(f"{self.name} has no function")  # `only_field` sees to that it has
        given = dict(arguments)
        if resolver.info_parameter:
            given[resolver.info_parameter.name] = strawberry.Info(_raw_info=info, _field=self.declared)
        return resolver(root, **given) if resolver.self_parameter else resolver(**given)


def only_field(parent: GraphQLObjectType, selected: GroupedFieldSet) -> RootField | None:
    """The only one that is selected, where a function answers it that takes nothing but itself, info and arguments."""
    if len(selected) != 1:
        return None
    ((name, details),) = selected.items()
    definition = parent.fields.get(details[0].node.name.value)
    declaration = declared(definition)
    if definition is None or not isinstance(declaration, StrawberryField) or declaration.extensions:
        return None
    resolver = declaration.base_resolver
    plain = resolver is not None and not (resolver.root_parameter or resolver.parent_parameter)
    return RootField(name, details, parent, definition, declaration) if plain or LEVEL in declaration.metadata else None
