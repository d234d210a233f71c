"""docs/export.md says of each line what an import takes, and an export writes no more and no less."""

import re
from typing import Any, get_args

import asyncpg
import orjson
import pytest
from pydantic import BaseModel

from app.export_files.fields import EventLine, Line, OrganizationSettings
from tests.conftest import Database
from tests.export_files.exporting import exported
from tests.processes import ROOT
from tests.tables import make_full_tenant

PAGE = (ROOT / "docs" / "export.md").read_text()
LINES: dict[str, type[BaseModel]] = {get_args(one.model_fields["type"].annotation)[0]: one for one in get_args(Line)}
NOT_TAKEN = {"export", "event", "end"}


def documented(kind: str) -> list[str]:
    (row,) = re.findall(rf"^\| `{kind}` \| (.*) \|$", PAGE, re.MULTILINE)
    return re.findall(r"(?:^|, )`(\w+)`", row)


@pytest.mark.parametrize("kind", sorted(LINES.keys() - NOT_TAKEN))
def test_the_page_names_all_that_is_taken(kind: str) -> None:
    assert sorted(["type", *documented(kind)]) == sorted(LINES[kind].model_fields)


def test_the_page_names_every_setting() -> None:
    settings = PAGE.partition("`settings` are null")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", settings)) == set(OrganizationSettings.model_fields)


async def test_every_type_of_line_is_written_with_the_fields_of_the_page(
    database: Database, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_full_tenant(superuser)
    await superuser.execute(
        "WITH gone AS (INSERT INTO users (id, email, name, created_at, updated_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid() || '@example.com', 'Gone', now(), now()) RETURNING id)"
        " INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at, deleted_at)"
        " SELECT $1, gen_random_uuid(), id, 'MEMBER', now(), now(), now() FROM gone",
        tenant.id,
    )

    written = [orjson.loads(line) for line in (await exported(database.runtime_url, tenant.slug)).splitlines()]

    assert {line["type"] for line in written} == LINES.keys() | NOT_TAKEN
    for line in written:
        assert sorted(line) == sorted(["type", *documented(line["type"])])
        if line["type"] not in NOT_TAKEN:
            LINES[line["type"]].model_validate_json(orjson.dumps(line))
    assert EventLine.model_fields.keys() == {"type"}
