"""Documents that are short to write and long to read, or to run: floods, bombs and circles."""

from collections.abc import Iterator
from typing import Any

from graphql import get_introspection_query

from tests.hostile.wire import Attack, Attacker

SMALL = "viewer { user { id } }"
NOT_GRAPHQL = (
    *(
        "",
        " ",
        "\0",
        "{",
        "}",
        "{}",
        "{ }",
        "query",
        "query {",
        "{ a(",
        "{ a(b: ) }",
        "{ a(b: $) }",
        "{ ... }",
        "{ ...on }",
    ),
    *(
        "fragment",
        "fragment on on on { a }",
        "fragment F on Query { ...F }",
        "type Query { a: Int }",
        "schema { }",
        "#",
    ),
    *('{ a(b: "', '{ a(b: """', '{ a(b: "\\q") }', '{ a(b: "\\u{110000}") }', '{ a(b: "\\uD800") }', "{ a(b: 01) }"),
    *("{ a(b: 1.) }", "{ a(b: .5) }", "{ a(b: 1e) }", "{ a(b: -) }", "{ a(b: 0xF) }", "{ a(b: NaN) }", "{ a(b: 1a) }"),
    *(
        "{ a @ }",
        "{ a: }",
        "{ a: b: c }",
        "{ \u202e }",
        "{ \u0430 }",
        "{ v\u00efewer }",
        "{ \U0001f600 }",
        "\ufeff\ufeff{ a }",
    ),
    *(
        "{ viewer\u200b { user { id } } }",
        "\u2028{ a }",
        "query \u00e9 { a }",
        "{ __proto__ }",
        "{ constructor { a } }",
    ),
    *(
        "mutation { __typename } query { a }",
        "subscription { a }",
        "query Q { a } query Q { b }",
        "{ a } { b }",
        "%s%n%x",
    ),
    *(
        "query ($a: Int, $a: Int) { a }",
        "query ($a: Nothing) { a }",
        "query ($a: Viewer) { a }",
        "query ($a: Int!) { a }",
    ),
    *(
        "{ viewer }",
        "{ viewer { } }",
        "{ viewer { user } }",
        "{ viewer { __class__ } }",
        "{ __type }",
        "{ __type(name: 5) { name } }",
    ),
    *("{ node(id: null) { id } }", "{ node(id: {}) { id } }", "{ node(id: [[[]]]) { id } }", "{ node(id: $x) { id } }"),
    *("{ viewer { ... on Task { id } } }", "{ viewer { ...Nowhere } }", "{ viewer(a: 1) { user { id } } }"),
    *(
        "query @skip(if: true) { viewer { user { id } } }",
        "{ viewer @skip { user { id } } }",
        "{ viewer @x { user { id } } }",
    ),
    *("{ viewer @include(if: null) { user { id } } }", '{ viewer @skip(if: "true") { user { id } } }'),
    *(
        "{ viewer @defer { user { id } } }",
        "{ ... @defer { viewer { user { id } } } }",
        "{ viewer { user { id @stream } } }",
    ),
    *('{ node(id: "x") { id @include(if: false) } }', "{ a(b: 1) a(b: 2) }", "{ organizations(first: 1) { id } }"),
)
NUMBERS = (
    *(
        "-1",
        "0",
        "101",
        "2147483647",
        "2147483648",
        "-2147483649",
        "9" * 400,
        "1e308",
        "1e309",
        "1E+400",
        "-1e400",
        "0.5",
    ),
    *(
        '"1"',
        "true",
        "null",
        "[1]",
        "{}",
        "-0",
        "1e5",
        "5e-324",
        "9007199254740993",
        "0." + "9" * 4000,
        "1e" + "9" * 300,
    ),
)


def documents(attacker: Attacker) -> Iterator[Attack]:
    for document in NOT_GRAPHQL:
        yield attacker.ask(f"document {document[:60]!r}", document)
    for number in NUMBERS:
        for argument in ("first", "last"):
            text = f"{{ organizations({argument}: {number}) {{ nodes {{ id }} }} }}"
            yield attacker.ask(f"{argument}: {number[:30]}", text)
    for name, document in floods().items():
        yield attacker.ask(name, document)
    for name, document in circles().items():
        yield attacker.ask(name, document)
    for name, (document, variables) in heavy().items():
        yield attacker.ask(name, document, **variables)


def floods() -> dict[str, str]:
    """Much of one thing, each as much as fits into the limits, and more."""
    found: dict[str, str] = {}
    for many in (30, 300, 3_000):
        names = range(many)
        found |= {
            f"{many} aliases": "{ " + " ".join(f"a{one}: {SMALL}" for one in names) + " }",
            f"{many} times one field": "{ " + f"{SMALL} " * many + "}",
            f"{many} leaves": "{ viewer { user { " + "id " * many + "} } }",
            f"{many} unknown fields": "{ " + " ".join(f"fieldd{one}" for one in names) + " }",
            f"{many} nearly known fields": "{ viewer { user { " + " ".join(f"emai{one}" for one in names) + " } } }",
            f"{many} unknown arguments": "{ viewer(" + ", ".join(f"a{one}: 1" for one in names) + ") { user { id } } }",
            f"{many} directives": "{ viewer { user { id " + "@include(if: true) " * many + "} } }",
            f"{many} unknown directives": "{ viewer { user { id " + "@a " * many + "} } }",
            f"{many} operations": " ".join(f"query Q{one} {{ {SMALL} }}" for one in names),
            f"{many} fragments": "{ viewer { user { id } } } "
            + " ".join(f"fragment F{one} on User {{ id }}" for one in names),
            f"{many} variables": "query (" + " ".join(f"$v{one}: Int" for one in names) + f") {{ {SMALL} }}",
            f"{many} comments": "#\n" * many + f"{{ {SMALL} }}",
            f"{many} objects in objects": "{ node(id: " + "{a: " * many + "1" + "}" * many + ") { id } }",
            f"{many} lists in lists": "query ($v: " + "[" * many + "Int" + "]" * many + f") {{ {SMALL} }}",
            f"{many} inline fragments": "{ " + "... { " * many + SMALL + " }" * many + " }",
            f"{many} sibling fragments": "{ " + "... { viewer { user { id } } } " * many + " }",
            f"{many} values": "{ nodes(ids: [" + '"x" ' * many + "]) { id } }",
            f"{many} commas": "{" + "," * many + SMALL + "}",
            f"{many} characters in a name": "{ " + "a" * many * 4 + " }",
            f"{many} characters in a string": '{ node(id: "' + "a" * many * 4 + '") { id } }',
            f"{many} lines in a block": '{ node(id: """' + "\n " * many + '""") { id } }',
            f"{many} escapes": '{ node(id: "' + "\\u00e9" * many + '") { id } }',
        }
    return found | {"a megabyte": f"{{ {SMALL} }}" + " " * 200_000}


def circles() -> dict[str, str]:
    """What leads back to itself, or doubles at each step."""
    found = {
        "a fragment in itself": "{ viewer { ...F } } fragment F on Viewer { ...F }",
        "two fragments in each other": "{ viewer { ...F } } "
        "fragment F on Viewer { ...G } fragment G on Viewer { ...F }",
        "a circle through a field": "{ organizations { nodes { ...F } } } fragment F on Organization "
        "{ teams { nodes { organization { ...F } } } }",
        "introspection": get_introspection_query(),
        "introspection around and around": "{ __schema { types { fields { type { fields { type { fields { type "
        "{ fields { type { fields { name } } } } } } } } } } }",
        "introspection of possible types": "{ __schema { types { possibleTypes { interfaces { possibleTypes "
        "{ interfaces { possibleTypes { name } } } } } } } }",
        "introspection of wrapped types": "{ __schema { types { fields { type { "
        + "ofType { " * 40
        + "name"
        + " }" * 44
        + "}",
    }
    for depth in (13, 40, 120):
        nested = "organization { teams(first: 1) { nodes { " * depth + "id" + " } } }" * depth
        found[f"{depth} levels"] = "{ organizations { nodes { teams { nodes { " + nested + " } } } } }"
    for links in (10, 30, 49):
        for kind, body in {"User": "id", "Organization": "name"}.items():
            chain = " ".join(f"fragment F{one} on {kind} {{ ...F{one + 1} ...F{one + 1} }}" for one in range(links))
            found[f"{links} doubling fragments on {kind}"] = (
                f"{{ viewer {{ user {{ ...F0 }} }} }} {chain} fragment F{links} on {kind} {{ {body} }}"
            )
        wide = " ".join(
            f"fragment F{one} on Viewer {{ user {{ ...G{one} }} a{one}: user {{ ...G{one} }} }} "
            f"fragment G{one} on User {{ id b{one}: id ...G{one + 1} ...G{one + 1} }}"
            for one in range(links // 2)
        )
        found[f"{links} fragments that overlap"] = (
            "{ viewer { " + " ".join(f"...F{one}" for one in range(links // 2)) + f" }} }} {wide} "
            f"fragment G{links // 2} on User {{ id }}"
        )
    return found


def heavy() -> dict[str, tuple[str, dict[str, Any]]]:
    """What passes the limits, or nearly, and takes as much as it can."""
    deep: dict[str, Any] = {"title": {"contains": "a"}}
    for _ in range(9):
        deep = {"not": deep}
    wide = {"or": [{"title": {"contains": f"%_{one}"}} for one in range(95)]}
    very_wide = {"and": [{"estimate": {"in": [float(one)] * 100}} for one in range(24)]}
    deeper: dict[str, Any] = {"completed": True}
    for _ in range(400):
        deeper = {"and": [deeper]}
    lists = "{ organizations(first: 10) { nodes { teams(first: 10) { nodes { tasks(first: 90%s) { %s } } } } } }"
    tasks = "nodes { id title description status priority estimate dueDate tags createdAt } edges { cursor } totalCount"
    found: dict[str, tuple[str, dict[str, Any]]] = {"dear lists": (lists % ("", tasks), {})}
    for name, value in {"deep": deep, "wide": wide, "very wide": very_wide, "deeper": deeper}.items():
        found[f"a {name} filter"] = ("query ($f: TaskFilter) " + lists % (", filter: $f", tasks), {"f": value})
        for word, selection in {"bad": "b: tasks(first: -1) { totalCount }", "well": "key"}.items():
            fields = f"{selection} tasks(filter: $f) {{ totalCount }}"
            found[f"a {name} filter, row by row, and {word}"] = (
                f"query ($f: TaskFilter) {{ organizations {{ nodes {{ teams {{ nodes {{ {fields} }} }} }} }} }}",
                {"f": value},
            )
        uses = " ".join(f"a{one}: tasks(filter: $f) {{ totalCount }}" for one in range(20))
        found[f"a {name} filter used 20 times"] = (
            f"query ($f: TaskFilter) {{ organizations {{ nodes {{ teams {{ nodes {{ {uses} }} }} }} }} }}",
            {"f": value},
        )
    found["cost without end"] = (lists.replace("10", "100") % ("", tasks), {})
    found["many nodes"] = ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x"] * 5_000})
    return found
