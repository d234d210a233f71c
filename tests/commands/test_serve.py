"""`trellis serve`: refuses what is not fit for production, and serves what is."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.commands.serve import production_settings
from tests.conftest import Database
from tests.processes import serve, trellis

SECRET = "a secret of thirty-two bytes or more"
VIEWER = {"query": "{ viewer { user { id email } } }"}


def test_serve_names_each_thing_that_is_missing(tmp_path: Path) -> None:
    refused = trellis(tmp_path, "serve")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert [line.partition(" ")[2].split(":")[0].split(" ")[0] for line in refused.stderr.splitlines()] == [
        "TRELLIS_DATABASE_URL",
        "TRELLIS_JWT_SECRET",
    ]


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("0dec0de0" + "00" * 28, "is a development secret of `trellis dev`"),
        ("short", "needs at least 32 bytes"),
        (
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
            "public or private key",
        ),
    ],
)
def test_serve_refuses_a_secret_that_is_none(tmp_path: Path, secret: str, reason: str) -> None:
    variables = {"TRELLIS_DATABASE_URL": "postgresql://trellis@/trellis", "TRELLIS_JWT_SECRET": secret}
    refused = trellis(tmp_path, "serve", **variables)

    assert refused.returncode in {1, 2}
    assert refused.stdout == ""
    assert reason in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"TRELLIS_DOCUMENTS": "trusted"}, "TRELLIS_DOCUMENTS=trusted runs only what a manifest lists"),
        ({"TRELLIS_MANIFESTS": '["absent.json"]'}, "TRELLIS_MANIFESTS names absent.json, which cannot be read"),
    ],
)
def test_serve_refuses_documents_that_are_not_there(tmp_path: Path, variables: dict[str, str], reason: str) -> None:
    given = {"TRELLIS_DATABASE_URL": "postgresql://trellis@/trellis", "TRELLIS_JWT_SECRET": SECRET}
    refused = trellis(tmp_path, "serve", **given, **variables)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(reason)
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("workers", ["1", "2"])
def test_serve_answers_programs_and_has_no_page(tmp_path: Path, database: Any, workers: str) -> None:
    variables = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    token = trellis(tmp_path, "token", "ada@example.com", **variables).stdout.strip()

    with serve(tmp_path, "--workers", workers, **variables) as address:
        headers = {"Authorization": f"Bearer {token}"}
        viewer = httpx.post(f"{address}/graphql", json=VIEWER, headers=headers)
        page = httpx.get(f"{address}/graphql", headers={"Accept": "text/html"})
        schema = httpx.post(
            f"{address}/graphql", json={"query": "{ __schema { queryType { name } } }"}, headers=headers
        )
        guess = httpx.post(f"{address}/graphql", json={"query": "{ vewer { user { id } } }"}, headers=headers)

    events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
    assert (events.count("Application startup complete."), events.count("request")) == (int(workers), 4)
    assert viewer.json()["data"]["viewer"]["user"]["email"] == "ada@example.com"
    assert "server" not in viewer.headers
    assert schema.json()["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert "data" not in schema.json()
    assert [error["message"] for error in guess.json()["errors"]] == ["Cannot query field 'vewer' on type 'Query'."]
    assert "text/html" not in page.headers.get("content-type", "")


async def test_serve_refuses_a_role_that_nothing_holds(database: Database, tmp_path: Path) -> None:
    variables = {"TRELLIS_DATABASE_URL": database.owner_url, "TRELLIS_JWT_SECRET": SECRET}
    refused = await asyncio.to_thread(trellis, tmp_path, "serve", **variables)

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("The role trellis_owner gets around row-level security: ")


def test_serve_refuses_a_setting_that_is_misspelt(tmp_path: Path) -> None:
    variables = {"TRELLIS_DATABASE_URL": "postgresql://trellis@/trellis", "TRELLIS_JWT_SECRET": SECRET}
    refused = trellis(tmp_path, "serve", TRELLIS_TRUSTED_PROXY="[]", **variables)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "TRELLIS_TRUSTED_PROXY is no setting: is TRELLIS_TRUSTED_PROXIES meant?\n"


@pytest.mark.parametrize(("variable", "introspection"), [({}, False), ({"TRELLIS_INTROSPECTION": "true"}, True)])
def test_serve_shows_the_schema_only_when_told_to(
    monkeypatch: pytest.MonkeyPatch, variable: dict[str, str], introspection: bool
) -> None:
    variables = {"TRELLIS_DATABASE_URL": "postgresql://trellis@/trellis", "TRELLIS_JWT_SECRET": SECRET} | variable
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert production_settings().introspection is introspection


def test_serve_never_tells_what_an_operation_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_DATABASE_URL", "postgresql://trellis@/trellis")
    monkeypatch.setenv("TRELLIS_JWT_SECRET", SECRET)
    monkeypatch.setenv("TRELLIS_DEBUG", "true")

    assert production_settings().debug is False
