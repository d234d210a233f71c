"""Front ends work with the server as it is: Apollo Client, the audits of graphql-http, GraphQL Codegen, Relay."""

import pytest

from .conftest import TESTS, Front, run, run_tool


@pytest.mark.parametrize("file", TESTS)
def test_a_live_server_answers_as_the_file_expects(front: Front, file: str) -> None:
    run(*front.command(file), environment=front.environment)


@pytest.mark.usefixtures("scripts")
def test_codegen_gives_types_to_every_document() -> None:
    run_tool("tsc")


@pytest.mark.usefixtures("scripts")
def test_relay_compiles_every_document() -> None:
    run_tool("relay-compiler")
