"""The connections of the schema, found by introspection: a new one is tested without being listed."""

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from app.schema import graphql_schema

LOOKED_UP = {"Team.viewerRole", "Document.text"}


def connections() -> list[str]:
    """Every field that is a list in pages, as `Team.tasks`."""
    return [
        f"{name}.{field}"
        for name, parent in graphql_schema.type_map.items()
        if isinstance(parent, GraphQLObjectType)
        for field, definition in parent.fields.items()
        if is_list(_behind(definition))
    ]


def is_list(kind: GraphQLNamedType) -> bool:
    """Whether it is the type of lists in pages; what searches answer are not, as nobody can tell how long they are."""
    return kind.name.endswith("Connection") and not kind.name.endswith("SearchConnection")


def field_of(connection: str) -> GraphQLField:
    name, field = connection.split(".")
    parent = graphql_schema.type_map[name]
    assert isinstance(parent, GraphQLObjectType)
    definition: GraphQLField = parent.fields[field]
    return definition


def columns_of(connection: str) -> str:
    """A selection of all columns that the rows of the connection have, without what is looked up elsewhere."""
    rows = graphql_schema.type_map[_behind(field_of(connection)).name.removesuffix("Connection")]
    assert isinstance(rows, GraphQLObjectType)
    return " ".join(
        name
        for name, field in rows.fields.items()
        if is_leaf_type(_behind(field)) and f"{rows.name}.{name}" not in LOOKED_UP
    )


def orders_of(connection: str) -> list[str]:
    """Each `orderBy` of the connection, in both directions; one empty text where there is no choice."""
    argument = field_of(connection).args.get("orderBy")
    if argument is None:
        return [""]
    order = get_named_type(argument.type)
    assert isinstance(order, GraphQLInputObjectType)
    choice = get_named_type(order.fields["field"].type)
    assert isinstance(choice, GraphQLEnumType)
    return [f"orderBy: {{field: {one}, direction: {way}}}" for one in choice.values for way in ("ASC", "DESC")]


def _behind(field: GraphQLField) -> GraphQLNamedType:
    return get_named_type(field.type)
