"""How many fields of a document fall together under one name of one object."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

Fragments = Mapping[str, FragmentDefinitionNode]
MOST_STEPS = 5_000  # fields looked at; a document of 1,000 tokens without tricks needs some 500


def most_on_one_name(root: SelectionSetNode, fragments: Fragments, enough: int) -> int:
    """The most fields that are merged into one, anywhere in an operation; counting ends above `enough`.

    Fields of one name are merged with all that is inside them, and validation compares each of them with each, so it
    is their number that its time grows with. A set of selection sets that is met again is not looked at again. A
    document that needs more than MOST_STEPS all the same counts as having too many: fragments that spread each other
    can make as many different sets as there are subsets.
    """
    seen: set[frozenset[int]] = set()
    left, steps, most = [[root]], 0, 0
    while left:
        together = left.pop()
        key = frozenset(map(id, together))
        if key in seen:
            continue
        seen.add(key)
        for fields in _by_name(together, fragments).values():
            steps += len(fields)
            most = max(most, len(fields))
            if most > enough or steps > MOST_STEPS:
                return max(most, enough + 1)
            inner = [one.selection_set for one in fields if one.selection_set]
            if inner:
                left.append(inner)
    return most


def _by_name(together: list[SelectionSetNode], fragments: Fragments) -> dict[str, list[FieldNode]]:
    found: defaultdict[str, list[FieldNode]] = defaultdict(list)
    spread: set[str] = set()
    for one in together:
        for field in _fields(one, fragments, spread):
            found[(field.alias or field.name).value].append(field)
    return found


def _fields(node: SelectionSetNode, fragments: Fragments, spread: set[str]) -> Iterator[FieldNode]:
    left = list(node.selections)
    while left:
        one = left.pop()
        if isinstance(one, FieldNode):
            yield one
        elif isinstance(one, InlineFragmentNode):
            left.extend(one.selection_set.selections)
        elif isinstance(one, FragmentSpreadNode) and one.name.value not in spread:
            spread.add(one.name.value)
            fragment = fragments.get(one.name.value)
            left.extend(fragment.selection_set.selections if fragment else ())
