"""Finds the organizations and teams that a file speaks of, and makes those that are missing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

import asyncpg
from slugify import slugify
from sqlalchemy import ARRAY, Integer, Uuid, any_, bindparam, func, select, update

from app.db.columns import new_id, now, table_of
from app.db.statement import prepare
from app.importer.check import Group
from app.importer.connection import fetch, insert_rows, insertion
from app.importer.events import Events
from app.importer.lock import lock_rows
from app.importer.plan import Plan, TeamPlan
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationMember, OrganizationRole
from app.organizations.loaders import ORGANIZATIONS
from app.organizations.models import LONGEST_SLUG, Organization
from app.refusal import Refusal
from app.spelling import folded
from app.teams.loaders import TEAMS as SOURCE
from app.teams.models import LONGEST_KEY, Team

organizations = table_of(Organization)
memberships = table_of(OrganizationMember)
teams = table_of(Team)

OWN_ORGANIZATIONS = prepare(
    select(organizations.c.id, organizations.c.name, organizations.c.slug)
    .join(memberships, memberships.c.organization_id == organizations.c.id)
    .where(
        memberships.c.user_id == bindparam("user_id", type_=Uuid),
        memberships.c.deleted_at.is_(None),
        organizations.c.deleted_at.is_(None),
    )
    .order_by(organizations.c.created_at, organizations.c.id)
    .with_for_update(read=True, of=organizations),  # what is made in them must not be missed by who deletes them
    ORGANIZATIONS,
)
ENTER = prepare(select(func.trellis_found(bindparam("organization_id", type_=Uuid))))
MAKE_ORGANIZATION = insertion(organizations, "id", "name", "slug", "created_at", "updated_at")
MAKE_OWNER = insertion(memberships, "organization_id", "id", "user_id", "role", "created_at", "updated_at")
TEAMS = prepare(
    select(teams.c.organization_id, teams.c.id, teams.c.key, teams.c.name)
    .where(
        teams.c.organization_id == any_(bindparam("organization_ids", type_=ARRAY(Uuid))), teams.c.deleted_at.is_(None)
    )
    .order_by(teams.c.created_at.desc(), teams.c.id.desc()),
    SOURCE,
)
MAKE_TEAMS = insertion(
    teams, "organization_id", "id", "key", "name", "description", "last_number", "created_at", "updated_at"
)
RESERVE_NUMBERS = prepare(
    update(teams)
    .where(
        teams.c.organization_id == bindparam("owner_id", type_=Uuid),
        teams.c.id == bindparam("team_id", type_=Uuid),
        teams.c.last_number < bindparam("highest", type_=Integer),
    )
    .values(last_number=bindparam("highest", type_=Integer))
)


class NamesTaken(Refusal):
    """Somebody made a team of the same key while this import did."""


@dataclass
class Target:
    """A team of the file, as the database has it."""

    organization_id: UUID
    id: UUID
    key: str
    new: bool = False
    joined: bool = False  # whether somebody has come into it
    assignees: dict[str, UUID | None] = field(default_factory=dict)  # team members, by email_key
    made_up: list[UUID] = field(default_factory=list)  # team members to deal tasks to


@dataclass
class Targets:
    """Where each group of rows goes, and what had to be made for it."""

    events: Events
    by_group: dict[Group, Target] = field(default_factory=dict)
    homes: dict[str, UUID] = field(default_factory=dict)  # organizations, by name in lower case
    organizations: int = 0
    teams: int = 0
    notes: list[str] = field(default_factory=list)


async def find_or_make(
    connection: asyncpg.Connection, user_id: UUID, plan: Plan, events: Events, *, anew: bool
) -> Targets:
    """Where all rows go. The person becomes OWNER of each new organization.

    An organization is theirs already, by name or else by slug, or it is new: one that they are not in is not touched,
    and where it has the slug, the new one gets another. `anew` makes all organizations new.
    """
    targets = Targets(events)
    names = dict.fromkeys([*plan.organizations, *(team.organization for team in plan.teams.values())])
    homes = targets.homes = await _find_or_make_organizations(connection, user_id, names, targets, anew=anew)
    await _find_or_make_teams(connection, homes, plan, targets)
    return targets


async def _find_or_make_organizations(
    connection: asyncpg.Connection, user_id: UUID, names: Iterable[str], targets: Targets, *, anew: bool
) -> dict[str, UUID]:
    own = [] if anew else await fetch(connection, OWN_ORGANIZATIONS, user_id=user_id)
    by_slug = {row.slug: row.id for row in own}
    homes = {folded(row.name): row.id for row in reversed(own)}  # of two with one name, the older
    for name in names:
        wanted = next(slugs(name))
        home = homes.get(folded(name)) or by_slug.get(wanted)
        if home is None:
            home, slug = await _make_organization(connection, user_id, name, targets.events)
            by_slug[slug] = home
            targets.organizations += 1
            if slug != wanted:
                targets.notes.append(f"The slug {wanted} is taken: {name} is now at {slug}")
        homes[folded(name)] = home
    return homes


async def _make_organization(
    connection: asyncpg.Connection, user_id: UUID, name: str, events: Events
) -> tuple[UUID, str]:
    """Its id and its slug: the first that nobody has, hidden organizations included."""
    organization_id, stamp = new_id(), now()
    stamps = {"created_at": stamp, "updated_at": stamp}
    await fetch(connection, ENTER, organization_id=organization_id)
    for slug in slugs(name):
        row = {"id": organization_id, "name": name, "slug": slug} | stamps
        if await insert_rows(connection, MAKE_ORGANIZATION, [row]):
            events.created(ORGANIZATIONS, [row], "name", "slug")
            break
    role = OrganizationRole.OWNER.name
    owner = {"organization_id": organization_id, "id": new_id(), "user_id": user_id, "role": role} | stamps
    await insert_rows(connection, MAKE_OWNER, [owner])
    events.created(ORGANIZATION_MEMBERS, [owner], "user_id", "role")
    return organization_id, slug


async def _find_or_make_teams(
    connection: asyncpg.Connection, homes: dict[str, UUID], plan: Plan, targets: Targets
) -> None:
    rows = await fetch(connection, TEAMS, organization_ids=list(set(homes.values())))
    known = {(row.organization_id, row.key): Target(row.organization_id, row.id, row.key) for row in rows}
    taken = set(known)
    known |= {(row.organization_id, folded(row.name)): known[row.organization_id, row.key] for row in rows}
    new, old = [], []
    # Those whose keys say what they are called choose before those that only have a name.
    for group, team in sorted(plan.teams.items(), key=lambda item: not item[1].prefixes):
        home = homes[folded(team.organization)]
        target = known.get((home, group[1])) or known.get((home, team.name))
        if target is None:
            target = _new_target(home, team, taken, targets)
            known[home, group[1]] = target
            new.append((team, target))
        elif not target.new:
            old.append((team, target))
        targets.by_group[group] = target
    await lock_rows(connection, SOURCE, homes.values(), (target.id for _, target in old))
    for team, target in old:
        await _reserve_numbers(connection, target, team)
    await _make_teams(connection, new, targets.events)
    targets.teams = len(new)


def _new_target(home: UUID, team: TeamPlan, taken: set[tuple[UUID, str]], targets: Targets) -> Target:
    candidates = keys(team)
    wanted = next(candidates)
    key = wanted
    while (home, key) in taken:
        key = next(candidates)
    taken.add((home, key))
    if key != wanted:
        targets.notes.append(f"The key {wanted} is another team's: the keys of {team.name} begin with {key}")
    return Target(home, new_id(), key, new=True)


async def _reserve_numbers(connection: asyncpg.Connection, target: Target, team: TeamPlan) -> None:
    """Rows without a number of their own shall get one above all that the file names, also in a run after a crash."""
    highest = team.highest.get(target.key, 0)
    await fetch(connection, RESERVE_NUMBERS, owner_id=target.organization_id, team_id=target.id, highest=highest)


async def _make_teams(connection: asyncpg.Connection, new: list[tuple[TeamPlan, Target]], events: Events) -> None:
    rows = [
        {
            "organization_id": target.organization_id,
            "id": target.id,
            "key": target.key,
            "name": team.name,
            "description": team.description,
            "last_number": team.highest.get(target.key, 0),
            "created_at": (stamp := now()),
            "updated_at": stamp,
        }
        for team, target in new
    ]
    if len(await insert_rows(connection, MAKE_TEAMS, rows)) < len(rows):
        raise NamesTaken("Somebody made a team of the same key at this moment: run the same command again")
    events.created(SOURCE, rows, "key", "name", "description")


def slugs(name: str) -> Iterator[str]:
    """Slugs for an organization of that name, best first, without end."""
    slug = slugify(name, max_length=LONGEST_SLUG)
    base = slug if len(slug) > 1 else f"organization-{slug}".rstrip("-")
    yield base
    for number in count(2):
        ending = f"-{number}"
        yield base[: LONGEST_SLUG - len(ending)].rstrip("-") + ending


def keys(team: TeamPlan) -> Iterator[str]:
    """Keys for a team, best first, without end: the prefix of most of its rows, or else one made from its name."""
    base = team.prefixes.most_common(1)[0][0] if team.prefixes else _key_of_name(team.name)
    yield base
    for number in count(2):
        yield base[: LONGEST_KEY - len(str(number))] + str(number)


def _key_of_name(name: str) -> str:
    words = slugify(name).upper().split("-")
    letters = "".join(word[0] for word in words) if len(words) > 1 else words[0][:3]
    return letters.lstrip("0123456789")[:LONGEST_KEY] or "TEAM"
