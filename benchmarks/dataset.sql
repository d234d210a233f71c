-- The rows that everybody reads: 100,000 live tasks, and a tenth as many deleted ones between them.
-- Moments are whole milliseconds, because the Date of JavaScript holds no more.

SELECT setseed(0.42);

-- Each of a team's members has 50 live tasks. Nobody asks for the fillers: they make the tables and their indexes as large
-- as those of a server with several tenants.
CREATE TEMP TABLE made_organizations AS
SELECT uuidv7() AS id, slug, teams, members, slug NOT LIKE 'filler-%' AS readable
  FROM (VALUES ('main', 10, 10), ('grown-100', 1, 2), ('grown-1000', 2, 10), ('grown-10000', 20, 10), ('grown-50000', 100, 10))
       AS shape (slug, teams, members)
UNION ALL
SELECT uuidv7(), 'filler-' || number, 3, 10, false FROM generate_series(1, 22) AS number
UNION ALL
SELECT uuidv7(), 'filler-small-' || number, 1, 2, false FROM generate_series(1, 9) AS number;

INSERT INTO organizations (id, name, slug, created_at, updated_at)
SELECT id, initcap(slug), slug, '2026-01-01Z', '2026-01-01Z' FROM made_organizations;

-- One team of each organization is deleted, and one member of each team, so that an answer without the filter differs.
CREATE TEMP TABLE made_teams AS
SELECT uuidv7() AS id, organization.id AS organization_id, members, 'T' || number AS key,
       CASE WHEN number > teams THEN timestamptz '2026-06-01Z' END AS deleted_at
  FROM made_organizations AS organization, generate_series(1, teams + 1) AS number;

INSERT INTO teams (organization_id, id, key, name, last_number, created_at, updated_at, deleted_at)
SELECT organization_id, id, key, 'Team ' || md5(key || id), 600, '2026-01-02Z', '2026-01-02Z', deleted_at FROM made_teams;

CREATE TEMP TABLE made_members AS
SELECT uuidv7() AS id, uuidv7() AS organization_member_id, uuidv7() AS user_id, team.organization_id, team.id AS team_id,
       timestamptz '2026-01-03Z' + floor(random() * 1e9) * interval '1 millisecond' AS created_at,
       CASE WHEN number > members THEN timestamptz '2026-06-01Z' END AS deleted_at
  FROM made_teams AS team, generate_series(1, members + 1) AS number
 WHERE team.deleted_at IS NULL;

INSERT INTO users (id, email, name, created_at, updated_at)
SELECT user_id, user_id || '@example.com',
       (ARRAY['Ada', 'Björn', 'Chen', 'Dina', 'Émile', 'Fatima', 'Goran'])[1 + floor(random() * 7)::int]
       || ' ' || initcap(left(md5(user_id::text), 8)), created_at, created_at
  FROM made_members;

INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
SELECT organization_id, organization_member_id, user_id, 'MEMBER', created_at, created_at FROM made_members;

INSERT INTO team_members (organization_id, id, team_id, organization_member_id, role, created_at, updated_at, deleted_at)
SELECT organization_id, id, team_id, organization_member_id, 'MEMBER', created_at, created_at, deleted_at FROM made_members;

-- 55 tasks a member, every eleventh of them deleted. Their moments are dealt out at random, and some are the same.
CREATE TEMP TABLE made_tasks AS
SELECT organization_id, team_id, id AS assignee_id, user_id AS creator_id, number % 11 = 0 AS deleted,
       timestamptz '2026-02-01Z' + floor(random() * 2e7) * interval '1000 milliseconds' AS created_at
  FROM made_members, generate_series(1, 55) AS number
 WHERE deleted_at IS NULL;

INSERT INTO tasks (organization_id, id, team_id, number, title, description, status, priority, tags, assignee_id, creator_id,
                   created_at, updated_at, deleted_at)
SELECT organization_id, uuidv7(), team_id, row_number() OVER (PARTITION BY team_id ORDER BY random()),
       (ARRAY['Fix', 'Describe', 'Speed up', 'Überprüfe', 'Replace', 'Test'])[1 + floor(random() * 6)::int] || ' the '
       || (ARRAY['login page', 'importer', '"draft" state', 'nightly export', 'search'])[1 + floor(random() * 5)::int]
       || ' for case ' || left(md5(random()::text), 6),
       repeat('What happened, what should have happened, and how to see it. ', 1 + floor(random() * 6)::int),
       (ARRAY['BACKLOG', 'TODO', 'IN_PROGRESS', 'IN_REVIEW', 'CANCELED'])[1 + floor(random() * 5)::int],
       (ARRAY['NONE', 'URGENT', 'HIGH', 'MEDIUM', 'LOW'])[1 + floor(random() * 5)::int],
       '{}', assignee_id, creator_id, created_at, created_at, CASE WHEN deleted THEN timestamptz '2026-10-01Z' END
  FROM made_tasks;

-- Whom our own server answers; it is asked with a token whose subject is this.
INSERT INTO users (id, subject, email, name, created_at, updated_at)
VALUES (uuidv7(), 'reader', 'reader@example.com', 'Reader', '2026-01-04Z', '2026-01-04Z');

INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
SELECT made_organizations.id, uuidv7(), users.id, 'MEMBER', '2026-01-04Z', '2026-01-04Z'
  FROM made_organizations, users WHERE readable AND subject = 'reader';
