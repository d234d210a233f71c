"""100,000 tasks: one big tenant with a busy team and a busy person, and 1,000 small tenants beside it."""

from typing import Any
from uuid import UUID

import asyncpg

TASKS, TASKS_OF_BUSY_TEAM, TASKS_OF_BUSY_MEMBER = 90_000, 40_000, 10_000  # of the big tenant
SLUG = "big"
OWNER = "person1@big.example.com"  # a member of ten small tenants, too


def identify(kind: str, place: int) -> UUID:
    """The id of something of the big tenant."""
    return UUID(f"00000000-{kind}-7000-8000-{place:012}")


DOCUMENT, API_KEY, INVITATION = identify("0009", 1), identify("000a", 1), identify("000b", 1)
EXPORT = identify("000c", 1)

# Ids say what they are of: the tenant (the big one is 0), the kind, the place.
MAKE = f"""
CREATE FUNCTION pg_temp.id(kind text, tenant bigint, place bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(tenant::text, 8, '0') || '-' || kind || '-7000-8000-' || lpad(place::text, 12, '0'))::uuid $$;
CREATE TEMPORARY TABLE tenants AS
SELECT tenant, pg_temp.id('0001', tenant, 0) AS id, CASE tenant WHEN 0 THEN 'big' ELSE 'small-' || tenant END AS slug,
       CASE tenant WHEN 0 THEN 50 ELSE 3 END AS people,
       CASE tenant WHEN 0 THEN 20 ELSE 3 END AS teams
FROM generate_series(0, 1000) AS tenant;

INSERT INTO organizations (id, name, slug, created_at, updated_at)
SELECT id, 'Tenant ' || tenant, slug, now(), now() FROM tenants;

INSERT INTO users (id, subject, email, name, created_at, updated_at)
SELECT pg_temp.id('0002', tenant, place), email, email, 'Person ' || place, now(), now()
FROM tenants CROSS JOIN generate_series(1, people) AS place
CROSS JOIN concat('person', place, '@', slug, '.example.com') AS email;

INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
SELECT id, pg_temp.id('0003', tenant, place), pg_temp.id('0002', tenant, place),
       CASE place WHEN 1 THEN 'OWNER' ELSE 'MEMBER' END, now() + place * interval '1 second', now()
FROM tenants CROSS JOIN generate_series(1, people) AS place;
-- The owner of the big tenant is in ten small ones, too.
INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
SELECT id, pg_temp.id('0003', tenant, 99), pg_temp.id('0002', 0, 1), 'MEMBER', now(), now()
FROM tenants WHERE tenant BETWEEN 1 AND 10;

INSERT INTO teams (organization_id, id, key, name, created_at, updated_at)
SELECT id, pg_temp.id('0004', tenant, place), 'T' || place, 'Team ' || place, now() + place * interval '1 second', now()
FROM tenants CROSS JOIN generate_series(1, teams) AS place;

-- The whole tenant is in its first team, five people are in each other one.
INSERT INTO team_members (organization_id, id, team_id, organization_member_id, role, created_at, updated_at)
SELECT id, pg_temp.id('0005', tenant, team * 100 + place), pg_temp.id('0004', tenant, team),
       pg_temp.id('0003', tenant, place), 'MEMBER', now() + place * interval '1 second', now()
FROM tenants CROSS JOIN generate_series(1, teams) AS team CROSS JOIN generate_series(1, people) AS place
WHERE team = 1 OR place <= 5;

INSERT INTO tasks (organization_id, id, team_id, assignee_id, creator_id, number, title, description, status, priority,
                   estimate, due_date, tags, completed_at, created_at, updated_at, deleted_at)
SELECT pg_temp.id('0001', tenant, 0), pg_temp.id('0006', tenant, n), pg_temp.id('0004', tenant, team),
       CASE WHEN n % 10 <> 9 THEN pg_temp.id('0005', tenant, team * 100 + person) END, pg_temp.id('0002', tenant, 1),
       row_number() OVER (PARTITION BY tenant, team ORDER BY n), 'Task ' || spread % 5000, repeat('text ', 20), status,
       (ARRAY['NONE', 'URGENT', 'HIGH', 'MEDIUM', 'LOW'])[1 + spread % 5], spread % 8,
       CASE WHEN n % 2 = 0 THEN date '2026-01-01' + (spread % 365)::int END, ARRAY['tag' || spread % 10],
       CASE status WHEN 'DONE' THEN now() END, now() - n * interval '1 minute', now() - spread * interval '1 second',
       CASE WHEN n % 50 = 7 THEN now() END
FROM (
    SELECT tenant, n, n * 7919 % 100003 AS spread,
           CASE WHEN tenant <> 0 THEN 1 + n % 3 WHEN n <= {TASKS_OF_BUSY_TEAM} THEN 1 ELSE 2 + n % 19 END AS team,
           -- Every fourth task of the busy team is its second member's.
           CASE WHEN tenant <> 0 THEN 1 + n % 2 WHEN n > {TASKS_OF_BUSY_TEAM} THEN 1 + n % 5
                WHEN n % 4 = 0 THEN 2 ELSE 3 + n % 48 END AS person,
           (ARRAY['BACKLOG', 'TODO', 'IN_PROGRESS', 'IN_REVIEW', 'DONE', 'CANCELED'])[1 + n % 6] AS status
    FROM tenants CROSS JOIN LATERAL generate_series(1, CASE tenant WHEN 0 THEN {TASKS} ELSE 10 END) AS n
) AS spread_out;

-- Every fourth is the organization's own, the others are of the busy team.
INSERT INTO documents (organization_id, id, team_id, title, kind, size, text_hash, status, created_by, created_at,
                       updated_at, deleted_at)
SELECT pg_temp.id('0001', tenant, 0), pg_temp.id('0009', tenant, n),
       CASE WHEN n % 4 > 0 THEN pg_temp.id('0004', tenant, 1) END, 'Document ' || n * 7919 % 5000, 'TEXT', 6,
       encode(sha256('A text'), 'hex'), 'COMPLETED', pg_temp.id('0002', tenant, 1), now() - n * interval '1 minute',
       now() - n * 7919 % 100003 * interval '1 second', CASE WHEN n % 50 = 7 THEN now() END
FROM tenants CROSS JOIN LATERAL generate_series(1, CASE tenant WHEN 0 THEN 8000 ELSE 4 END) AS n;

INSERT INTO document_texts (organization_id, document_id, text)
SELECT organization_id, id, 'A text' FROM documents;

-- One document is long.
INSERT INTO document_chunks (organization_id, id, document_id, index, page, text)
SELECT organization_id, gen_random_uuid(), documents.id, place, 1, 'A text'
FROM documents CROSS JOIN LATERAL generate_series(0, CASE documents.id WHEN '{DOCUMENT}' THEN 1999 ELSE 1 END) AS place;

INSERT INTO api_keys (organization_id, id, name, scopes, created_by, secret_hash, secret_created_at,
                      created_at, updated_at)
SELECT id, pg_temp.id('000a', tenant, n), 'Key ' || n, '{{READ}}', pg_temp.id('0002', tenant, 1),
       sha256(n::text::bytea), now(), now() - n * interval '1 minute', now()
FROM tenants CROSS JOIN LATERAL generate_series(1, CASE tenant WHEN 0 THEN 1000 ELSE 2 END) AS n;

INSERT INTO invitations (organization_id, id, email, role, message, status, invited_by, secret_hash, expires_at,
                         created_at, updated_at)
SELECT id, pg_temp.id('000b', tenant, n), 'guest' || n || '@' || slug || '.example.com',
       'MEMBER', 'Come in', 'PENDING', pg_temp.id('0002', tenant, 1),
       sha256(n::text::bytea), now() + interval '7 days', now() - n * interval '1 minute', now()
FROM tenants CROSS JOIN LATERAL generate_series(1, CASE tenant WHEN 0 THEN 1000 ELSE 2 END) AS n;

INSERT INTO exports (organization_id, id, requested_by, status, size, expires_at, secret_hashes, created_at, updated_at)
SELECT id, pg_temp.id('000c', tenant, 1), pg_temp.id('0002', tenant, 1), 'COMPLETED', 4, now() + interval '1 day',
       ARRAY[sha256(tenant::text::bytea)], now(), now()
FROM tenants;

INSERT INTO organization_settings (organization_id, timezone, locked, created_at, updated_at)
SELECT id, 'Europe/Berlin', '{{}}', now(), now() FROM organizations;

INSERT INTO team_settings (organization_id, team_id, week_start, locked, created_at, updated_at)
SELECT organization_id, id, 'SUNDAY', '{{}}', now(), now() FROM teams;

INSERT INTO team_member_settings (organization_id, team_member_id, digest, created_at, updated_at)
SELECT organization_id, id, true, now(), now() FROM team_members;

INSERT INTO former_task_keys (organization_id, key, task_id, created_at)
SELECT organization_id, 'OLD-' || number, id, now() FROM tasks WHERE right(team_id::text, 2) = '01' AND number <= 1000;

INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_by, deleted_at, purge_at, tasks)
SELECT organization_id, replace(id::text, '-0006-', '-0007-')::uuid, 'Task', ARRAY[id], creator_id, deleted_at,
       deleted_at + interval '30 days', 1
FROM tasks WHERE deleted_at IS NOT NULL;

-- Of the big tenant itself, a team, two members, a task, a document and an API key 2,000 each; of each small one ten.
INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT id, pg_temp.id('0008', tenant, n), n, 'UPDATED', types[1 + n % 5],
       CASE n % 5 WHEN 0 THEN id WHEN 1 THEN pg_temp.id('0004', tenant, 1) WHEN 2 THEN pg_temp.id('0003', tenant, 2)
                  WHEN 3 THEN pg_temp.id('0005', tenant, 102) ELSE pg_temp.id('0006', tenant, 20000) END,
       pg_temp.id('0002', tenant, 1), '{{}}', now() + n * interval '1 second'
FROM tenants CROSS JOIN LATERAL generate_series(1, CASE tenant WHEN 0 THEN 10000 ELSE 10 END) AS n
CROSS JOIN (VALUES (ARRAY['Organization', 'Team', 'OrganizationMember', 'TeamMember', 'Task'])) AS _ (types);

INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT pg_temp.id('0001', 0, 0), pg_temp.id('0008', 0, n), n, 'UPDATED', 'Document', '{DOCUMENT}',
       pg_temp.id('0002', 0, 1), '{{}}', now() + n * interval '1 second'
FROM generate_series(10001, 12000) AS n;

INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT pg_temp.id('0001', 0, 0), pg_temp.id('0008', 0, n), n, 'UPDATED', 'ApiKey', '{API_KEY}',
       pg_temp.id('0002', 0, 1), '{{}}', now() + n * interval '1 second'
FROM generate_series(12001, 14000) AS n;

INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT pg_temp.id('0001', 0, 0), pg_temp.id('0008', 0, n), n, 'UPDATED', 'Invitation', '{INVITATION}',
       pg_temp.id('0002', 0, 1), '{{}}', now() + n * interval '1 second'
FROM generate_series(14001, 16000) AS n;

INSERT INTO events (organization_id, id, sequence, type, subject_type, subject_id, actor_id, changes, created_at)
SELECT pg_temp.id('0001', 0, 0), pg_temp.id('0008', 0, n), n, 'UPDATED', 'Export', '{EXPORT}',
       pg_temp.id('0002', 0, 1), '{{}}', now() + n * interval '1 second'
FROM generate_series(16001, 18000) AS n;
"""


ORGANIZATION, USER = identify("0001", 0), identify("0002", 2)
MEMBER, BUSY_TEAM, BUSY_MEMBER, TASK = (
    identify("0003", 2),
    identify("0004", 1),
    identify("0005", 102),
    identify("0006", 20_000),
)


async def make_large(connection: "asyncpg.Connection[Any]") -> None:
    """Fills an empty database, as its superuser; about ten seconds."""
    await connection.execute(MAKE)
    await connection.execute("VACUUM ANALYZE")  # as autovacuum keeps it
