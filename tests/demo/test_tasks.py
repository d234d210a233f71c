"""Made-up organizations: as many of everything as asked, and texts that differ."""

from collections import Counter

from app.demo.tasks import Size, demo_rows, plan_demo
from app.importer.tasks import Summary, load
from tests.importer.importing import Importer

SIZE = Size(organizations=2, teams=3, tasks=100)


async def make_up(importer: Importer, size: Size) -> Summary:
    return await load(importer.url, demo_rows(size), plan_demo(size), email=importer.email, made_up=4, anew=True)


async def test_a_demo_has_the_size_that_was_asked(importer: Importer) -> None:
    summary = await make_up(importer, SIZE)

    assert (summary.organizations, summary.teams, summary.people, summary.made) == (2, 6, 24, 100)
    teams = await importer.superuser.fetch(
        """
        SELECT organizations.name || '/' || teams.name AS team, last_number,
               (SELECT count(*) FROM tasks WHERE team_id = teams.id) AS tasks,
               (SELECT count(*) FROM team_members WHERE team_id = teams.id) AS members
        FROM teams JOIN organizations ON organizations.id = organization_id
        JOIN organization_members m ON m.organization_id = organizations.id AND m.role = 'OWNER'
        JOIN users ON users.id = m.user_id WHERE email = $1 ORDER BY teams.created_at
        """,
        importer.email,
    )
    assert [tuple(team) for team in teams] == [
        ("Alder Robotics/Platform", 17, 17, 5),
        ("Alder Robotics/Web", 17, 17, 5),
        ("Alder Robotics/Mobile", 17, 17, 5),
        ("Beacon Foods/Platform", 17, 17, 5),
        ("Beacon Foods/Web", 16, 16, 5),
        ("Beacon Foods/Mobile", 16, 16, 5),
    ]


async def test_another_demo_goes_into_organizations_of_its_own(importer: Importer) -> None:
    await make_up(importer, Size(1, 1, 5))
    before = await importer.left()

    summary = await make_up(importer, Size(1, 1, 5))

    assert (summary.organizations, summary.teams, summary.made) == (1, 1, 5)
    after = await importer.left()
    assert all(before[table] < after[table] for table in ("organizations", "teams", "tasks"))


async def test_a_team_may_have_no_tasks(importer: Importer) -> None:
    summary = await make_up(importer, Size(1, 2, 1))

    assert (summary.teams, summary.made) == (2, 1)


def test_the_same_size_is_the_same_demo() -> None:
    assert list(demo_rows(SIZE)) == list(demo_rows(SIZE))


def test_names_are_never_used_twice() -> None:
    plan = plan_demo(Size(organizations=250, teams=30, tasks=0))

    assert len(plan.teams) == 250 * 30
    assert len({team.organization for team in plan.teams.values()}) == 250
    assert len({next(iter(team.prefixes)) for team in plan.teams.values()}) == 30


def test_tasks_are_as_mixed_as_real_ones() -> None:
    rows = list(demo_rows(Size(1, 1, 5_000)))

    statuses = Counter(row.status for row in rows)
    assert [status for status, _ in statuses.most_common()][:3] == ["DONE", "BACKLOG", "TODO"]
    assert len(statuses) == 6
    assert len({row.priority for row in rows}) == 5
    assert len({row.title for row in rows}) > 2_000
    assert max(len(row.title) for row in rows) <= 200
    assert 0.3 < sum(row.due_date is not None for row in rows) / len(rows) < 0.4
    assert 0.6 < sum(row.estimate is not None for row in rows) / len(rows) < 0.8
