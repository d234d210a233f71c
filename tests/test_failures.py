"""One way to fail: what is thrown and what is a userError, by one rule for all mutations (docs/clients.md)."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from graphql import (
    FieldNode,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLNonNull,
    OperationDefinitionNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    value_from_ast_untyped,
)

from app.schema import graphql_schema
from tests.actions import ACTIONS, ROLES, document, make_target
from tests.api import Api
from tests.factories import Tenant
from tests.test_roles import give_role
from tests.unchanged import unchanged
from tests.walk import NOBODY, roots

assert graphql_schema.mutation_type is not None
FIELDS = graphql_schema.mutation_type.fields
# The arguments that say which object a mutation is about, and those of bulks.
SUBJECTS = {"id", "by"}
WITHIN = "eraseUser"  # is about a person in an organization: both arguments together say whom
BULKS = {"ids", "inputs"}
PYTHON = re.compile(r"\b(None|True|False|Undefined)\b|\{'|\['|: '")


@dataclass(frozen=True)
class Leaf:
    """A value in the arguments of a mutation: `path` leads there, through the first item of each list."""

    mutation: str
    path: tuple[str | int, ...]
    type: GraphQLNamedType
    nullable: bool

    def __str__(self) -> str:
        return f"{self.mutation}({'.'.join(map(str, self.path))})"

    @property
    def of_subject(self) -> bool:
        return self.path[0] in SUBJECTS or self.mutation == WITHIN

    @property
    def shown(self) -> list[str]:
        return list(map(str, self.path))


def leaves() -> Iterator[Leaf]:
    for name, field in FIELDS.items():
        for argument, given in field.args.items():
            yield from _leaves(name, (argument,), given.type)


def _leaves(mutation: str, path: tuple[str | int, ...], type_: Any) -> Iterator[Leaf]:
    plain, named = get_nullable_type(type_), get_named_type(type_)
    if is_list_type(plain):
        path = (*path, 0)
    if isinstance(named, GraphQLInputObjectType):
        for name, field in named.fields.items():
            yield from _leaves(mutation, (*path, name), field.type)
    else:
        yield Leaf(mutation, path, named, not isinstance(type_, GraphQLNonNull))


LEAVES = list(leaves())


def of_type(name: str) -> list[Leaf]:
    return [leaf for leaf in LEAVES if leaf.type.name == name]


async def target(api: Api, superuser: "asyncpg.Connection[Any]", mutation: str) -> tuple[Tenant, dict[str, Any]]:
    """A tenant that the mutation can be tried on, and the arguments with which its owner does it."""
    tenant, action = await make_target(superuser), ACTIONS[mutation]
    if action.before:
        await api.data(document(action.before, tenant), who=tenant.owner)
    deletion = await superuser.fetchval("SELECT id FROM deletions WHERE organization_id = $1", tenant.id)
    return tenant, _arguments(mutation, tenant, deletion)


def _arguments(mutation: str, tenant: Tenant, deletion: Any) -> dict[str, Any]:
    tree = parse(document(ACTIONS[mutation].field, tenant, deletion=deletion))
    (operation,) = tree.definitions
    assert isinstance(operation, OperationDefinitionNode)
    (field,) = operation.selection_set.selections
    assert isinstance(field, FieldNode)
    return {one.name.value: value_from_ast_untyped(one.value) for one in field.arguments or ()}


def put(given: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """`given` with `value` at the path; in an input of which only one may be given it is the only one."""
    if not path:
        return value
    first, *rest = path
    if first == 0:
        return [put((given or [{}])[0], tuple(rest), value)]
    if first == "by":
        return {"by": {rest[0]: value}}
    return {**(given or {}), first: put((given or {}).get(first), tuple(rest), value)}


def asked(mutation: str, given: dict[str, Any]) -> str:
    variables = ", ".join(f"${name}: {FIELDS[mutation].args[name].type}" for name in given)
    passed = ", ".join(f"{name}: ${name}" for name in given)
    return f"mutation ({variables}) {{ {mutation}({passed}) {{ userErrors {{ code path message }} }} }}"


@dataclass(frozen=True)
class Outcome:
    """How a mutation ended: `errors` were thrown, or are the payload's, as (code, path, message)."""

    thrown: bool
    errors: list[tuple[str, list[str], str]]

    @property
    def first(self) -> tuple[bool, str, list[str], str]:
        return self.thrown, *self.errors[0]


def outcome(body: dict[str, Any], mutation: str) -> Outcome:
    if "errors" in body:
        return Outcome(
            True, [(one["extensions"]["code"], one.get("path", []), one["message"]) for one in body["errors"]]
        )
    errors = body["data"][mutation]["userErrors"]
    return Outcome(False, [(one["code"], one["path"], one["message"]) for one in errors])


Try = Callable[..., Awaitable[Outcome]]


@pytest.fixture
async def attempt(api: Api, superuser: "asyncpg.Connection[Any]") -> Try:
    """How a mutation ends that `who` tries, an owner where that is not said, with `value` at the leaf.

    Whatever goes wrong, nothing has changed.
    """

    targets: dict[str, tuple[Tenant, dict[str, Any]]] = {}

    async def attempt(leaf: Leaf, value: Any) -> Outcome:
        if leaf.mutation not in targets:
            targets[leaf.mutation] = await target(api, superuser, leaf.mutation)
        tenant, given = targets[leaf.mutation]
        if leaf.mutation == "updateTeamMemberSettings":  # everybody sets their own
            given["id"] = str(tenant.team_members[0])
        given = put(given, leaf.path, value)
        found = None
        try:
            async with unchanged(superuser, tenant):
                found = outcome(await api.ask(asked(leaf.mutation, given), who=tenant.owner, **given), leaf.mutation)
        except AssertionError:
            assert found == Outcome(False, [])
            del targets[leaf.mutation]
        assert found is not None
        return found

    return attempt


async def failures(attempt: Try, leaves: list[Leaf], *values: Any) -> AsyncIterator[tuple[Leaf, Outcome]]:
    """Where a leaf has one of the values."""
    for leaf in leaves:
        for value in values:
            found = await attempt(leaf, value)
            if found.errors:
                yield leaf, found


async def test_an_id_that_is_none_is_thrown(attempt: Try) -> None:
    found = {str(leaf): ended.first async for leaf, ended in failures(attempt, of_type("ID"), "x")}
    assert found == {
        str(leaf): (
            True,
            "BAD_USER_INPUT",
            [leaf.mutation],
            f'`{".".join(leaf.shown)}` is not an id, but "x": ids are UUIDs such as those in `id` fields.',
        )
        for leaf in of_type("ID")
    }


async def test_what_a_mutation_is_about_is_thrown_where_it_is_not_there_and_what_else_it_names_is_a_user_error(
    attempt: Try,
) -> None:
    wrong, ids = [], of_type("ID")
    missing = {leaf async for leaf, _ in failures(attempt, ids, NOBODY)}
    async for leaf, ended in failures(attempt, ids, NOBODY):
        thrown, code, path, message = ended.first
        expected = [leaf.mutation] if leaf.of_subject else leaf.shown
        if leaf.mutation == "updateTasks" and leaf.path[0] == "input":  # of each task by itself
            expected = ["ids", "0", *leaf.shown[1:]]
        told = (thrown, code, path, message.startswith("There is no such "))
        if told != (leaf.of_subject, "NOT_FOUND", expected, True):
            wrong.append((str(leaf), ended))
    assert wrong == []
    assert missing == set(ids)


async def test_what_a_form_can_mend_is_a_user_error_beside_its_field(attempt: Try) -> None:
    """Texts, numbers, and null for what cannot be cleared."""
    texts = [leaf for leaf in of_type("String") if leaf.path[0] != "by"]
    numbers = of_type("Int") + of_type("Float")
    nullable = [leaf for leaf in LEAVES if leaf.nullable and leaf.path[0] == "input" and leaf.path[-1] != 0]
    wrong, codes = [], set()
    for leaves, values in ((texts, (" ", "x" * 100_000)), (numbers, (-1, 2**31 - 1)), (nullable, (None,))):
        async for leaf, ended in failures(attempt, leaves, *values):
            thrown, code, path, message = ended.first
            codes.add(code)
            if thrown or path != leaf.shown or PYTHON.search(message):
                wrong.append((str(leaf), ended))
    assert wrong == []
    assert codes == {"BLANK", "TOO_LONG", "INVALID", "CONFLICT"}


async def test_values_that_are_none_are_thrown_in_words_that_are_not_pythons(attempt: Try) -> None:
    """Null where there must be something, and what is of another type."""
    wrong = []
    bad = {"String": 5, "ID": 1.5, "Int": "many", "Float": True, "Boolean": "yes", "Date": "2026-02-29", "DateTime": {}}
    for leaf in LEAVES:
        for value in ([] if leaf.nullable else [None]) + [bad.get(leaf.type.name, "NOPE"), [{"a": None}]]:
            thrown, code, _, message = (await attempt(leaf, value)).first
            if not thrown or code != "BAD_USER_INPUT" or PYTHON.search(message):
                wrong.append((str(leaf), value, code, message))
    assert wrong == []


@pytest.mark.parametrize("mutation", [name for name in ACTIONS if set(ROLES) - ACTIONS[name].allowed])
async def test_what_one_may_not_do_is_thrown_but_for_items_of_a_bulk(
    api: Api, superuser: "asyncpg.Connection[Any]", mutation: str
) -> None:
    tenant, given = await target(api, superuser, mutation)
    refused = next(role for role in reversed(ROLES) if role not in ACTIONS[mutation].allowed)
    await give_role(superuser, tenant, *ROLES[refused])

    who = tenant.owner.replace("person1", "person2")
    ended = outcome(await api.ask(asked(mutation, given), who=who, **given), mutation)

    thrown, code, path, _ = ended.first
    bulk = BULKS & given.keys()
    assert (thrown, code, path[0]) == (not bulk, "FORBIDDEN", next(iter(bulk), mutation))


async def test_nobody_is_told_so_by_what_is_thrown(api: Api) -> None:
    thrown = {}
    for name, document_of in roots().items():
        if name in FIELDS:
            (error,) = (await api.ask(document_of, who=None))["errors"]
            thrown[name] = error["extensions"]["code"]
    assert thrown == dict.fromkeys(FIELDS, "UNAUTHENTICATED")
