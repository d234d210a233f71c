"""`trellis export --person`: all that is known of somebody, in every organization, and nothing of others."""

import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.db.columns import new_id
from tests.api import Api
from tests.conftest import Database
from tests.db.test_identity import JOIN
from tests.factories import Tenant, make_tenant
from tests.joining import invited
from tests.processes import trellis
from tests.users.test_erase import second_of

PROFILE = 'mutation { updateProfile(input: {avatarUrl: "https://a.example/ada.png"}) { userErrors { code } } }'
CREATE = """mutation ($team: ID!) { createTask(input: {teamId: $team, title: "Mine", description: "Theirs to keep"}) {
    userErrors { code }
} }"""

REMOVE = "UPDATE organization_members SET deleted_at = now() WHERE organization_id = $1 AND user_id = $2"
PICTURE = {"avatar_url": {"before": None, "after": "https://a.example/ada.png"}}


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Any:
    """Runs `trellis export` with these arguments, in an empty folder."""
    urls = {"TRELLIS_DATABASE_URL": database.runtime_url, "TRELLIS_DATABASE_OWNER_URL": database.owner_url}
    return lambda *arguments: trellis(tmp_path, "export", *arguments, **urls)


def lines_of(text: str) -> dict[str, list[dict[str, Any]]]:
    """The lines of each type."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in map(json.loads, text.splitlines()):
        found.setdefault(line.pop("type"), []).append(line)
    return found


async def busy(api: Api, superuser: "asyncpg.Connection[Any]") -> list[Tenant]:
    """Somebody is the second of one organization, has left another, and is invited into a third."""
    here, left, other = [await make_tenant(superuser, members=2, documents=1) for _ in range(3)]
    await superuser.execute(JOIN, left.id, new_id(), here.users[1], "MEMBER")
    await api.data(PROFILE, who=second_of(here))
    await api.data(CREATE, who=second_of(here), team=str(here.teams[0]))
    await superuser.execute(REMOVE, left.id, here.users[1])
    await invited(api, other, second_of(here), message="Come!")
    return [here, left, other]


async def test_it_has_what_is_known_of_them(api: Api, superuser: "asyncpg.Connection[Any]", run: Any) -> None:
    here, left, other = await busy(api, superuser)

    done = run("--person", second_of(here).upper())

    assert (done.returncode, done.stderr) == (0, "")
    lines = lines_of(done.stdout)
    (account,) = lines["account"]
    assert [account[name] for name in ("id", "subject", "email", "name", "avatar_url")] == [
        str(here.users[1]),
        second_of(here),
        second_of(here),
        "Person 2",
        "https://a.example/ada.png",
    ]
    assert [(one["organization"], one["role"], one["deleted_at"] is None) for one in lines["member"]] == [
        (here.slug, "MEMBER", True),
        (left.slug, "MEMBER", False),
    ]
    assert [(one["organization"], one["team"]) for one in lines["team_member"]] == [(here.slug, "T1")]
    assert [(one["organization"], one["email"], one["message"]) for one in lines["invitation"]] == [
        (other.slug, second_of(here), "Come!")
    ]
    assert [(one["key"], one["title"], one["is_creator"], one["is_assignee"]) for one in lines["task"]] == [
        ("T1-2", "Task 2", False, True),
        ("T1-3", "Mine", True, False),
    ]
    told = [(one["organization"], one["subject_type"], one["is_actor"], one["changes"]) for one in lines["event"]]
    assert sorted(told, key=lambda one: (one[0] != here.slug, one[1] == "Task")) == [
        (here.slug, "User", True, PICTURE),
        (here.slug, "Task", True, None),
        (left.slug, "User", True, PICTURE),
    ]
    assert lines["end"][0]["lines"] == {kind: len(found) for kind, found in lines.items() if kind != "end"}


async def test_it_has_nothing_of_others(api: Api, superuser: "asyncpg.Connection[Any]", run: Any) -> None:
    tenants = await busy(api, superuser)

    told = run("--person", str(tenants[0].users[1])).stdout

    assert "Theirs to keep" not in told
    for tenant in tenants:
        for foreign in (tenant.owner, str(tenant.users[0]), str(tenant.tasks[0]), str(tenant.documents[0])):
            assert foreign not in told


async def test_keys_are_told_without_secrets(superuser: "asyncpg.Connection[Any]", run: Any) -> None:
    tenant = await make_tenant(superuser, documents=1)

    lines = lines_of(run("--person", tenant.owner).stdout)

    assert [one["id"] for one in lines["document"]] == [str(one) for one in tenant.documents]
    assert [one["id"] for one in lines["api_key"]] == [str(one) for one in tenant.api_keys]
    assert "secret" not in str(lines["api_key"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--person", "nobody@nowhere.example"), "There is nobody of that address or id"),
        (("--person", "nobody"), "neither an e-mail address nor an id"),
        (("--person", "a@b.example", "--organization", "acme"), "either an --organization or a --person"),
        ((), "either an --organization or a --person"),
    ],
)
def test_whom_it_cannot_tell_of(run: Any, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    refused = run("them.jsonl", *arguments)

    assert refused.returncode != 0
    assert said in " ".join(refused.stderr.replace("│", " ").split())
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []
