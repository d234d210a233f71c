"""Tenants for tests, written as the database's superuser: each test makes its own, so none sees another's."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID

import asyncpg

from app.db.columns import new_id

NUMBERS = count(1)


@dataclass
class Tenant:
    """An organization and what was put into it, in the order in which it was."""

    id: UUID
    slug: str
    owner: str  # the subject and e-mail address of a token that is its OWNER
    users: list[UUID] = field(default_factory=list)
    members: list[UUID] = field(default_factory=list)
    teams: list[UUID] = field(default_factory=list)
    team_members: list[UUID] = field(default_factory=list)
    tasks: list[UUID] = field(default_factory=list)
    api_keys: list[UUID] = field(default_factory=list)  # one that may read and that nobody knows
    documents: list[UUID] = field(default_factory=list)
    invitations: list[UUID] = field(default_factory=list)  # one of nobody's address, whose secret nobody knows
    exports: list[UUID] = field(default_factory=list)  # a finished one, likewise


PEOPLE = """
INSERT INTO users (id, subject, email, name, created_at, updated_at)
SELECT id, email, email, 'Person ' || place, now(), now()
FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS t (id, email, place)
"""
MEMBERS = """
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
SELECT $1, id, user_id, CASE place WHEN 1 THEN 'OWNER' ELSE 'MEMBER' END,
       now() + place * interval '1 microsecond', now()
FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS t (id, user_id, place)
"""
TEAMS = """
INSERT INTO teams (organization_id, id, key, name, last_number, created_at, updated_at)
SELECT $1, id, 'T' || place, 'Team ' || lpad(place::text, 4, '0'), $3, now() + place * interval '1 microsecond', now()
FROM unnest($2::uuid[]) WITH ORDINALITY AS t (id, place)
"""
TEAM_MEMBERS = """
INSERT INTO team_members (organization_id, id, team_id, organization_member_id, role, created_at, updated_at)
SELECT $1, id, team_id, member_id, CASE WHEN member_id = $5 THEN 'ADMIN' ELSE 'MEMBER' END,
       now() + place * interval '1 microsecond', now()
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS t (id, team_id, member_id, place)
"""
API_KEYS = """
INSERT INTO api_keys (organization_id, id, name, scopes, created_by, secret_hash, secret_created_at,
                      created_at, updated_at)
SELECT $1, id, 'Key', '{READ}', $3, sha256(uuid_send(gen_random_uuid())), now(), now(), now()
FROM unnest($2::uuid[]) AS id
"""
INVITATIONS = """
INSERT INTO invitations (organization_id, id, email, role, status, invited_by, secret_hash, expires_at,
                         created_at, updated_at)
SELECT $1, id, id || '@example.com', 'MEMBER', 'PENDING', $3, sha256(uuid_send(gen_random_uuid())),
       now() + interval '1 day', now(), now()
FROM unnest($2::uuid[]) AS id
"""
EXPORTS = """
INSERT INTO exports (organization_id, id, requested_by, status, size, expires_at, secret_hashes, created_at, updated_at)
SELECT $1, id, $3, 'COMPLETED', 4, now() + interval '1 day', ARRAY[sha256(uuid_send(gen_random_uuid()))], now(), now()
FROM unnest($2::uuid[]) AS id
"""
TASKS = """
INSERT INTO tasks (organization_id, id, team_id, assignee_id, creator_id, number, title, status, priority, tags,
                   created_at, updated_at)
SELECT $1, id, team_id, assignee_id, $6, number, 'Task ' || number, 'TODO', 'NONE', '{}',
       now() + place * interval '1 microsecond', now()
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::int[])
     WITH ORDINALITY AS t (id, team_id, assignee_id, number, place)
"""

DOCUMENTS = """
INSERT INTO documents (organization_id, id, team_id, created_by, title, kind, size, text_hash, status, chunk_count,
                       created_at, updated_at)
SELECT $1, id, team_id, $4, 'Document ' || place, 'TEXT', 6, encode(sha256('A text'), 'hex'), 'COMPLETED', 1,
       now() + place * interval '1 microsecond', now()
FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS t (id, team_id, place)
"""
DOCUMENT_TEXTS = """
INSERT INTO document_texts (organization_id, document_id, text)
SELECT $1, id, 'A text' FROM unnest($2::uuid[]) AS id
"""
DOCUMENT_CHUNKS = """
INSERT INTO document_chunks (organization_id, id, document_id, index, page, text)
SELECT $1, gen_random_uuid(), id, 0, 1, 'A text' FROM unnest($2::uuid[]) AS id
"""


async def make_tenant(
    connection: "asyncpg.Connection[Any]", *, members: int = 1, teams: int = 1, tasks: int = 1, documents: int = 0
) -> Tenant:
    """An organization with `members` people (the first is its owner and in every team as ADMIN, the others too as
    MEMBER), `teams` teams with keys T1, T2 …, and `tasks` tasks for each member of each team, later ones created later;
    and `documents` documents of a chunk each: the first its own, the second the first team's and so on.
    """
    number = next(NUMBERS)
    name = f"tenant-{new_id().hex[-12:]}-{number}"
    tenant = Tenant(new_id(), name, f"person1@{name}.example.com")
    emails = [f"person{place}@{name}.example.com" for place in range(1, members + 1)]
    tenant.users, tenant.members, tenant.teams = _ids(members), _ids(members), _ids(teams)
    tenant.api_keys, tenant.invitations, tenant.exports = _ids(1), _ids(1), _ids(1)
    pairs = [(team, member) for team in tenant.teams for member in tenant.members]
    tenant.team_members = _ids(len(pairs))
    of_team = [
        (team, member) for (team, _), member in zip(pairs, tenant.team_members, strict=True) for _ in range(tasks)
    ]
    tenant.tasks = _ids(len(of_team))
    numbers = [place % (members * tasks) + 1 for place in range(len(of_team))]
    async with connection.transaction():
        await connection.execute(PEOPLE, tenant.users, emails)
        await connection.execute(
            "INSERT INTO organizations (id, name, slug, created_at, updated_at) VALUES ($1, $2, $2, now(), now())",
            tenant.id,
            name,
        )
        await connection.execute(MEMBERS, tenant.id, tenant.members, tenant.users)
        await connection.execute(API_KEYS, tenant.id, tenant.api_keys, tenant.users[0])
        await connection.execute(INVITATIONS, tenant.id, tenant.invitations, tenant.users[0])
        await connection.execute(EXPORTS, tenant.id, tenant.exports, tenant.users[0])
        await connection.execute(TEAMS, tenant.id, tenant.teams, members * tasks)
        await connection.execute(
            TEAM_MEMBERS, tenant.id, tenant.team_members, *map(list, zip(*pairs, strict=True)), tenant.members[0]
        )
        if of_team:
            await connection.execute(
                TASKS, tenant.id, tenant.tasks, *map(list, zip(*of_team, strict=True)), numbers, tenant.users[0]
            )
        if documents:
            tenant.documents = _ids(documents)
            owners = [None, *tenant.teams][:documents]
            await connection.execute(DOCUMENTS, tenant.id, tenant.documents, owners, tenant.users[0])
            await connection.execute(DOCUMENT_TEXTS, tenant.id, tenant.documents)
            await connection.execute(DOCUMENT_CHUNKS, tenant.id, tenant.documents)
    return tenant


def _ids(amount: int) -> list[UUID]:
    return [new_id() for _ in range(amount)]
