"""Front ends work with the server as it is: Apollo Client, the audits of graphql-http, GraphQL Codegen, Relay."""

import json
from pathlib import Path

import pytest

from .conftest import TESTS, run, run_tool, script


@pytest.mark.parametrize("file", TESTS)
def test_a_live_server_answers_as_the_file_expects(scripts: Path, site: str, file: str) -> None:
    run(*script(scripts / file), site=site)


def test_a_trusting_server_runs_what_the_manifest_lists(scripts: Path, site: str, trusting_server: str) -> None:
    run(*script(scripts / "trusted.ts"), site=json.dumps(json.loads(site) | {"uri": trusting_server}))


def test_relay_works_with_what_its_compiler_makes(relay_scripts: Path, site: str) -> None:
    run(*script(relay_scripts / "tasks.test.ts"), site=site)


@pytest.mark.usefixtures("scripts", "relay_scripts")
def test_every_document_has_types_that_fit() -> None:
    run_tool("tsc")
