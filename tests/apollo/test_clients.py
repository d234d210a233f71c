"""Front ends work with the server as it is: Apollo Client, the audits of graphql-http, GraphQL Codegen, Relay."""

import pytest

from .conftest import PROJECT, Front


@pytest.mark.parametrize("file", sorted(path.name for path in PROJECT.glob("*.test.ts")))
def test_a_live_server_answers_as_the_file_expects(front: Front, file: str) -> None:
    front.run("node", "--test-reporter=spec", "--import=tsx", file)


def test_codegen_gives_types_to_every_document(generated: Front) -> None:
    generated.tool("tsc")


def test_relay_compiles_every_document(generated: Front) -> None:
    generated.tool("relay-compiler")
