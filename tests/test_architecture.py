"""The house keeps its arrows: who may import whom, by the name of the file, and the form of every file."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
# Each may import those before it and itself. A folder that is none of these is a domain.
GROUND = [
    "errors",
    "refusal",
    "spelling",
    "time_limits",
    "token_settings",
    "caller_limits",
    "metrics_settings",
    "config",
    "log",
    "counting",
    "postgres",
    "auth",
    "db",
    "pools",
    "migrations",
    "queues",
    "graph",
    "filters",
    "writing",
    "execution",
    "operations",
    "http",
    "search",
    "embedders",
    "indexing",
    "ranking",
    "domains",
    "schema",
    "main",
    "terminal",
    "serving",
    "doctor",
    "commands",
    "cli",
]
# Within and across domains: each kind of file may import the kinds before it. A verb file has any other name.
KINDS = ["models", "rows", "policies", "loaders", "verb", "types", "payloads", "queries", "mutations"]
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "base", "service", "services", "misc", "shared", "lib"}
DOCSTRING = re.compile(r"\S.*(\n\n|\Z)")  # one line, and then nothing or an empty one
LONGEST_FILE = 250
# What the documentation of the two libraries shows; all else of them is for app/execution/internals.py.
PUBLIC = {
    "graphql.execution",
    "graphql.pyutils",
    "strawberry.scalars",
    "strawberry.schema.config",
    "strawberry.types.scalar",
}
LONGEST_FUNCTION = 40
# A room with more files is a hall, in which nobody finds a thing. Larger are the kit and the largest domain.
MOST_FILES = 15
LARGER = {"graph": 22, "tasks": 24}

FILES = sorted(APP.rglob("*.py"))
MODULES = [path for path in FILES if path.name != "__init__.py"]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imported(path: Path) -> set[str]:
    """The modules of the application that a file imports; `from . import x` counts as its folder's x."""
    package = name_of(path).rpartition(".")[0]
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = ".".join(filter(None, [package if node.level else "", node.module]))
            found |= {f"{module}.{alias.name}" if is_folder(module) else module for alias in node.names}
    return {name for name in found if name.startswith("app.")}


def is_folder(module: str) -> bool:
    return (ROOT / module.replace(".", "/")).is_dir()


def storey(module: str) -> int:
    """How high a module stands above the ground."""
    place = module.split(".")[1]
    return GROUND.index(place if place in GROUND else "domains")


def kind(module: str) -> int:
    """Which kind of a domain's file a module is."""
    name = module.rpartition(".")[2]
    return KINDS.index(name if name in KINDS else "verb")


def test_nothing_imports_from_above() -> None:
    upward = {
        f"{name_of(path)} → {name}"
        for path in MODULES
        for name in imported(path)
        if storey(name) > storey(name_of(path))
    }
    assert upward == set()


def test_the_files_of_domains_import_only_to_the_left() -> None:
    rightward = {
        f"{name_of(path)} → {name}"
        for path in MODULES
        for name in imported(path)
        if storey(name) == storey(name_of(path)) == GROUND.index("domains") and kind(name) > kind(name_of(path))
    }
    assert rightward == set()


def test_only_types_lead_to_each_other_in_circles() -> None:
    """And those only through `strawberry.lazy`, so that no import has to wait for another."""
    edges = {name_of(path): imported(path) - lazily_imported(path) for path in MODULES}
    done: set[str] = set()

    def visit(module: str, around: tuple[str, ...]) -> None:
        assert module not in around, " → ".join((*around, module))
        if module not in done:
            for other in sorted(edges.get(module, ())):
                visit(other, (*around, module))
            done.add(module)

    for module in edges:
        visit(module, ())
    assert {path.name for path in MODULES if lazily_imported(path)} == {"types.py"}


def lazily_imported(path: Path) -> set[str]:
    """What is imported for the type checker alone."""
    return {
        node.module
        for block in ast.walk(parsed(path))
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
    }


def test_imports_stand_at_the_top() -> None:
    inside = {
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for scope in ast.walk(parsed(path))
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        for node in ast.walk(scope)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert inside == set()


def test_every_module_says_in_one_line_what_it_is_for() -> None:
    silent = {name_of(path) for path in MODULES if not DOCSTRING.match(ast.get_docstring(parsed(path)) or "")}
    assert silent == set()


def test_the_page_names_the_rooms_that_there_are() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    (order,) = re.findall(r"`(config → [^`]*)`", page)
    drawn = page.partition("```\n")[2].partition("```")[0]

    ground = GROUND[GROUND.index("config") : GROUND.index("domains")]
    assert order.split() == " → ".join(ground).split()
    assert {path.parent.name for path in MODULES if path.parent != APP} == set(re.findall(r"\b([a-z_]+)/", drawn)) - {
        "app"
    }


def test_no_room_is_a_hall() -> None:
    files = Counter(path.relative_to(APP).parts[0] for path in MODULES if path.parent != APP)
    assert {room: amount for room, amount in files.items() if amount > LARGER.get(room, MOST_FILES)} == {}


def test_no_file_hides_a_noun() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_long() -> None:
    lengths = {
        f"{name_of(path)}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_names_say_what_is_inside() -> None:
    assert {name_of(path) for path in FILES if not FORBIDDEN.isdisjoint(path.with_suffix("").parts)} == set()


def test_packages_are_empty() -> None:
    assert {name_of(path) for path in FILES if path.name == "__init__.py" and path.read_text()} == set()


def test_only_the_unit_and_who_answers_commit() -> None:
    """The application's own code leaves that to the end of the operation."""
    committing = {
        name_of(path)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }
    assert committing <= {"app.db.unit_of_work", "app.http.endpoint"}


def test_only_one_file_names_what_is_inside_of_strawberry_and_graphql_core() -> None:
    inside = {
        f"{name_of(path)} → {node.module}"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.module and node.module not in PUBLIC
        if node.module.startswith(("graphql.", "strawberry."))
    }
    assert {one.partition(" ")[0] for one in inside} == {"app.execution.internals"}
