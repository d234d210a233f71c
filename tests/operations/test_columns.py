"""The columns that an operation asks for, wherever in its document."""

import pytest
from graphql import parse

from app.operations.columns import columns_asked
from app.schema import graphql_schema

TASK = "{ task(by: {id: 1}) { SELECTION } }"


@pytest.mark.parametrize(
    ("selection", "columns"),
    [
        ("title", {"title"}),
        ("renamed: title again: title", {"title"}),
        ("dueDate completed", {"due_date", "completed"}),
        ("title @skip(if: true)", {"title"}),
        ("... on Task { title ... on Node { id } }", {"title", "id"}),
        ("__typename", set()),
        ("assignee { role }", {"organization_id", "assignee_id"}),
        ("team { key }", {"organization_id", "team_id"}),
    ],
)
def test_a_selection_asks_for_columns(selection: str, columns: set[str]) -> None:
    asked = columns_asked(graphql_schema, parse(TASK.replace("SELECTION", selection)))

    assert asked.get("Task", frozenset()) == columns


def test_named_fragments_ask_for_theirs() -> None:
    fragments = "fragment some on Task { title ...more } fragment more on Deletable { id deletedAt }"
    asked = columns_asked(graphql_schema, parse(TASK.replace("SELECTION", "...some") + fragments))

    assert asked["Task"] == {"title", "id", "deleted_at"}


def test_an_interface_asks_every_type_behind_it() -> None:
    asked = columns_asked(graphql_schema, parse("{ node(id: 1) { ... on Deletable { deletedAt } } }"))

    assert {name for name, columns in asked.items() if "deleted_at" in columns} == {
        "Organization",
        "OrganizationMember",
        "Team",
        "TeamMember",
        "Task",
        "Document",
    }


def test_each_type_is_asked_for_its_own_columns() -> None:
    asked = columns_asked(
        graphql_schema, parse(TASK.replace("SELECTION", "title team { name tasks { nodes { key } } }"))
    )

    assert asked["Task"] >= {"title", "key"}
    assert "name" not in asked["Task"]
    assert "name" in asked["Team"]
    assert "title" not in asked["Team"]
