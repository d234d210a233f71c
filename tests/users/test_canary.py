"""Somebody who left traces everywhere is erased: afterwards no dump of the database and no log has anything of them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import jwt
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from app.db.columns import new_id
from app.postgres.server import Postgres
from tests.api import SECRET
from tests.erasing import ERASE
from tests.joining import ACCEPT, INVITE
from tests.migrations.releases.restore import dump
from tests.processes import serve

ORGANIZATION = """mutation ($slug: String!) { createOrganization(input: {name: "A", slug: $slug}) {
    organization { id } } }"""
TEAM = """mutation ($in: ID!) { createTeam(input: {organizationId: $in, key: "T", name: "T"}) { team { id
    members { nodes { id } } } } }"""
TASK = """mutation ($team: ID!, $member: ID, $title: String!) { createTask(input: {
    teamId: $team, title: $title, assigneeId: $member }) { task { creator { name } } userErrors { code } } }"""
PROFILE = """mutation ($given: UpdateProfileInput!) { updateProfile(input: $given) {
    user { name email avatarUrl } userErrors { code } } }"""
KEY = """mutation ($in: ID!) { createApiKey(input: {organizationId: $in, name: "Robot", scopes: [READ]}) {
    apiKey { createdBy { name } } userErrors { code } } }"""
SETTINGS = """mutation ($id: ID!) { updateTeamMemberSettings(id: $id, input: {timezone: "Europe/Berlin"}) {
    userErrors { code } } }"""
NAMING = """mutation ($in: ID!) { updateOrganization(id: $in, input: {name: "B"}) { organization { members { nodes {
    id user { id name email avatarUrl } } } } } }"""
REMOVE = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletedIds userErrors { code } } }"
VIEWER = "{ viewer { user { id name email } organizations { totalCount } invitations { id } } }"
BREAK = """
CREATE FUNCTION break_users() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'broken' USING DETAIL = NEW.name; END $$;
CREATE TRIGGER break_users BEFORE UPDATE ON users FOR EACH ROW WHEN (NEW.name LIKE '%broken')
EXECUTE FUNCTION break_users()
"""


@dataclass
class World:
    """A server, as people with tokens of their own ask it; every mutation carries an Idempotency-Key."""

    address: str

    def ask(self, claims: dict[str, Any], document: str, **variables: Any) -> Any:
        settings = Settings(jwt_secret=SecretStr(SECRET))
        plain = sign(settings, subject="nobody", email=None, name=None, ttl=timedelta(hours=1))
        payload = jwt.decode(plain, options={"verify_signature": False}) | claims
        headers = {"Authorization": f"Bearer {jwt.encode(payload, SECRET, 'HS256')}", "Idempotency-Key": new_id().hex}
        body = {"query": document, "variables": variables}
        answer = httpx.post(f"{self.address}/graphql", json=body, headers=headers).json()
        return answer["errors"] if "errors" in answer else answer["data"]


def somebody(name: str, address: str | None = None) -> dict[str, Any]:
    return {"sub": f"{name}sub", "email": f"{address or name}@example.com", "email_verified": True}


def live(world: World, canary: str, work: str) -> dict[str, Any]:
    """What the canary did, and what was done to them; their claims at the end."""
    owner, other = somebody(f"owner{new_id().hex}"), somebody(f"other{new_id().hex}")
    first, second = (
        world.ask(one, ORGANIZATION, slug=f"a-{new_id().hex[:20]}")["createOrganization"]["organization"]["id"]
        for one in (owner, other)
    )
    claims = somebody(canary, f"{canary}former")
    world.ask(claims, VIEWER)
    for host, place, address in ((owner, first, f"{canary}private"), (other, second, f"{canary}former")):
        given = {"organizationId": place, "email": f"{address}@example.com", "role": "ADMIN", "message": f"Hi {canary}"}
        secret = world.ask(host, INVITE, input=given)["inviteToOrganization"]["secret"]
        assert world.ask(host, INVITE, input=given)["inviteToOrganization"]["userErrors"][0]["code"] == "TAKEN"
        assert world.ask(claims, ACCEPT, by={"secret": secret})["acceptInvitation"]["userErrors"] == []
    (member,) = [
        one["id"]
        for one in world.ask(other, NAMING, **{"in": second})["updateOrganization"]["organization"]["members"]["nodes"]
        if one["user"]["email"] == claims["email"]
    ]
    assert world.ask(other, REMOVE, id=member)["removeOrganizationMember"]["userErrors"] == []
    third = world.ask(other, ORGANIZATION, slug=f"a-{new_id().hex[:20]}")["createOrganization"]["organization"]["id"]
    given = {"organizationId": third, "email": f"{canary}@example.com", "message": f"Hi {canary}"}
    assert world.ask(other, INVITE, input=given)["inviteToOrganization"]["userErrors"] == []
    claims = somebody(canary)
    given = {"name": f"Ada {canary}", "avatarUrl": f"https://a.example/{canary}.png"}
    assert world.ask(claims, PROFILE, given=given)["updateProfile"]["user"]["email"] == claims["email"]
    team = world.ask(claims, TEAM, **{"in": first})["createTeam"]["team"]
    seat = team["members"]["nodes"][0]["id"]
    task = world.ask(claims, TASK, team=team["id"], member=seat, title=f"Ask Ada {work}")["createTask"]
    assert task == {"task": {"creator": {"name": f"Ada {canary}"}}, "userErrors": []}
    assert world.ask(claims, SETTINGS, id=seat)["updateTeamMemberSettings"]["userErrors"] == []
    assert world.ask(claims, KEY, **{"in": first})["createApiKey"]["userErrors"] == []
    assert canary in str(world.ask(owner, NAMING, **{"in": first}))
    [error] = world.ask({**claims, "sub": f"another{canary}"}, VIEWER)
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "INTERNAL" in str(world.ask(claims, PROFILE, given={"name": f"{canary} broken"}))
    return claims


async def test_nothing_is_left_of_them(own_server: Postgres, tmp_path: Path) -> None:
    canary, work = f"canary{new_id().hex}", f"work{new_id().hex}"
    url = own_server.addresses.superuser_url
    superuser = await asyncpg.connect(url)
    await superuser.execute(BREAK)
    variables = {"TRELLIS_DATABASE_URL": own_server.addresses.runtime_url, "TRELLIS_JWT_SECRET": SECRET}
    with serve(tmp_path, **variables) as address:
        world = World(address)
        claims = live(world, canary, work)
        user = world.ask(claims, VIEWER)["viewer"]["user"]["id"]
        assert await tables_with(superuser, canary) == ["events", "idempotency_keys", "invitations", "users"]

        answer = world.ask(claims, ERASE, id=user)["eraseUser"]

        assert answer == {"erasedId": user, "userErrors": []}
        assert await tables_with(superuser, canary) == []
        left = dump(url)
        logs = [path.read_text() for path in (tmp_path / "log", tmp_path / "errors", own_server.log)]
        [refusal] = world.ask(claims, VIEWER)
        assert "erased" in refusal["message"]
        anew = world.ask(claims, VIEWER)["viewer"]
    await superuser.close()
    assert not any(one in left for one in (canary, canary.encode().hex()))
    assert work in left
    assert not any(canary in log for log in logs)
    assert "duplicate key" in logs[2]  # it is the log of this server, and says what it did not take
    assert anew == {
        "user": {"id": anew["user"]["id"], "name": canary, "email": claims["email"]},
        "organizations": {"totalCount": 0},
        "invitations": [],
    }
    assert anew["user"]["id"] != user


async def tables_with(superuser: "asyncpg.Connection[Any]", canary: str) -> list[str]:
    """The tables that have the text anywhere in a row, also within bytes."""
    names = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
    found = []
    for row in await superuser.fetch(names):
        rows = f"SELECT count(*) FROM {row['relname']} AS one WHERE one::text ~ ($1 || '|' || $2)"
        if await superuser.fetchval(rows, canary, canary.encode().hex()):
            found.append(row["relname"])
    return found
