"""Documents that keep to every limit and take as much of the processor as they can."""

from collections.abc import Iterator
from typing import Any

from tests.hostile.wire import Attack, Attacker

LEAVES = "id number key title description status priority estimate dueDate tags completedAt createdAt updatedAt version"
LISTS = "{{ organizations(first: 1) {{ nodes {{ teams(first: 100) {{ nodes {{ {} }} }} }} }} }}"
# Each of these is an error where it is completed, so that graphql-core completes everything around it once more.
BAD = "bad: tasks(first: -1) { totalCount }"


def dear(attacker: Attacker) -> Iterator[Attack]:
    renamed = " ".join(f"a{place}: title" for place in range(29))
    tasks = f"tasks(first: 98) {{ nodes {{ {LEAVES} {renamed} }} }}"
    yield attacker.ask("many cells", LISTS.format(tasks))
    yield attacker.ask("many cells beside an error", LISTS.format(f"{tasks} {BAD}"))
    edges = "tasks(first: 98) { edges { cursor node { id team { id } assignee { id user { id } } creator { id } } } }"
    yield attacker.ask("many edges", LISTS.format(edges))
    yield attacker.ask("many edges beside an error", LISTS.format(f"{edges} {BAD}"))
    for name, value in filters().items():
        yield from _filtered(attacker, name, "$f: TaskFilter", "$f", f=value)
    for name, text in texts().items():
        yield from _filtered(attacker, name, "", text)
    types = " ".join(f"a{place}: types {{ ...T }}" for place in range(29))
    fields = "fragment T on __Type { name kind fields { name description type { name } args { name type { name } } } }"
    yield attacker.ask("introspection of 29 times the types", f"{{ __schema {{ {types} }} }} {fields}")
    whole = " ".join(f"a{place}: __schema {{ types {{ ...T }} }}" for place in range(19))
    yield attacker.ask("introspection under 19 names", f"{{ {whole} }} {fields}")
    yield from writes(attacker)


def _filtered(attacker: Attacker, name: str, declared: str, given: str, **variables: Any) -> Iterator[Attack]:
    tasks = f"tasks(filter: {given}) {{ totalCount }}"
    head = f"query ({declared})" if declared else ""
    yield attacker.ask(name, head + LISTS.format(tasks), **variables)
    yield attacker.ask(f"{name} beside an error", head + LISTS.format(f"{tasks} {BAD}"), **variables)
    nodes = f"query ($ids: [ID!]! {declared}) {{ nodes(ids: $ids) {{ ... on Team {{ {tasks} }} }} }}"
    yield attacker.ask(f"{name} for each of 100 nodes", nodes, ids=[attacker.ids["Team"]] * 100, **variables)


def filters() -> dict[str, Any]:
    conditions = [{"title": {"contains": f"%_{place}"}} for place in range(99)]
    return {
        "a filter of many values": {"and": [{"estimate": {"in": [float(one) for one in range(100)]}}] * 23},
        "a filter of many conditions": {"and": [{"or": conditions[:80]}] * 3},
        "a filter of many relations": {
            "and": [{"assignee": {"user": {"email": {"eq": f"x{place}"}}}} for place in range(20)]
        },
    }


def texts() -> dict[str, str]:
    return {
        "a filter in the document": "{and: [" + "{estimate: {in: [1, 2, 3]}}" * 70 + "]}",
        "a filter of many words": "{or: [" + '{title: {contains: "a"}}' * 99 + "]}",
    }


def relations(attacker: Attacker) -> Iterator[Attack]:
    """What the database may give up on."""
    many = {"and": [{"assignee": {"user": {"email": {"contains": f"x{place}"}}}} for place in range(20)]}
    yield from _filtered(attacker, "as many relations as may be", "$f: TaskFilter", "$f", f=many)


def largest_filters(attacker: Attacker, place: int) -> Iterator[Attack]:
    """As many conditions, or relations, as a request's filters may hold; each `place` makes another form of them."""
    text = {"eq": "a", "ne": "b", "in": ["a", "b"], "notIn": ["c"], "contains": "x", "startsWith": "y", "isNull": False}
    short: list[Any] = [{"title": {"contains": "a"}}] * (48 - place)
    people: list[Any] = [{"assignee": {"user": {"email": text}}}] * 20
    named: list[Any] = [{"assignee": {"user": {"email": {"eq": "a"}}}}] * 4
    others = range(place * 5, place * 5 + 5)
    forms: dict[str, list[Any]] = {
        "one filter of many conditions": [{"or": [{"title": text}] * (33 - place) + [{"title": {"eq": "a"}}] * 10}],
        "five filters of many conditions": [{"or": short[: 28 - number]} for number in others],
        "one filter of many relations": [{"or": [*people, *short]}],
        "five filters of many relations": [{"or": [*named, *short[: 20 - number]]} for number in others],
    }
    for name, filters in forms.items():
        given = {f"f{number}": one for number, one in enumerate(filters)}
        declared = " ".join(f"${one}: TaskFilter" for one in given)
        lists = " ".join(f"{one}: tasks(first: 1, filter: ${one}) {{ nodes {{ id }} }}" for one in given)
        yield attacker.ask(name, f"query ({declared}) {{ organizations {{ nodes {{ {lists} }} }} }}", **given)


def writes(attacker: Attacker) -> Iterator[Attack]:
    task = {"teamId": attacker.ids["Team"], "title": "a" * 200, "description": "b" * 2_000, "tags": ["x"] * 10}
    create = "mutation ($i: [CreateTaskInput!]!) { createTasks(inputs: $i) { results { task { id key title } } } }"
    yield attacker.ask("100 tasks at once", create, i=[task] * 100)
    wrong = task | {"title": " ", "tags": ["x" * 500] * 10}
    yield attacker.ask("100 wrong tasks at once", create, i=[wrong] * 100)
