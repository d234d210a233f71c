"""Names of Python as GraphQL spells them."""


def camel_case(name: str) -> str:
    """`due_date` becomes `dueDate`, as Strawberry spells the fields of its types."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() if other else "_" for other in others)
