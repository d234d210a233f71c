"""Recognizing the teams and the people that a search names, however they are spelled."""

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, Text, Uuid, bindparam, literal_column, select, true, union_all

from app.db.columns import Rows, table_of
from app.db.record import Record
from app.db.statement import Clause, statement_as
from app.graph.context import Context
from app.members.models import OrganizationMember
from app.ranking.alike import compare
from app.ranking.names import Owner
from app.ranking.terms import is_callers
from app.team_members.models import TeamMember
from app.teams.models import Team
from app.users.models import User

teams = table_of(Team)
team_members = table_of(TeamMember)
members = table_of(OrganizationMember)
users = table_of(User)

WORD = re.compile(r"[^\W_]{2,}")
MOST_WORDS = 10  # of a query: nobody has a longer name
MOST_IN_NAME = 4  # words of a query that is somebody's name and nothing else
MOST_NAMES = 10_000  # that are compared, of those that begin like a word or share some letters with it
MOST_LETTERS = 150_000  # of all these names: 15 of each, so that what it takes is bounded whatever they are
MOST_OWNERS = 50
ONE: ColumnElement[int] = literal_column("1")


class Named(Record):
    """A team, or a membership in one, with the name of it or its person."""

    id: UUID
    name: str


async def recognize(context: Context, organization_id: UUID, words: str) -> list[Owner]:
    """The teams and team members, those who left too, with a name like some of `words`, the likest first."""
    asked = words_of(words)[:MOST_WORDS]
    if not asked:
        return []
    values = {"organization_id": organization_id, "pattern": "|".join(map(_alike, asked))}
    rows = await context.fetch(_names(), values)
    return await asyncio.to_thread(_likest, asked, rows)


async def called_so(context: Context, organization_id: UUID, words: str) -> list[Owner]:
    """The teams and team members, those who left too, in whose name each of `words` is, as it is spelled there.

    A longer text than a name has words for is not looked up: it is no name.
    """
    asked = words_of(words)
    if not 0 < len(asked) <= MOST_IN_NAME:
        return []
    values = {"organization_id": organization_id, "pattern": rf"\m{max(asked, key=len)}\M"}
    rows = await context.fetch(_names(), values)
    found = [Owner(row.id, 1.0) for row in rows if set(asked) <= set(words_of(row.name))]
    return sorted(found, key=lambda one: one.id)[:MOST_OWNERS]


def _likest(asked: Sequence[str], rows: Sequence[Named]) -> list[Owner]:
    """Takes some 30 ms of CPU at most, whatever is asked for and whatever the names are."""
    named = [(row.id, words) for row in _within_bounds(rows) if (words := WORD.findall(row.name.casefold()))]
    if not named:
        return []
    every = list(chain.from_iterable(words for _, words in named))
    places = {word: place for place, word in enumerate(dict.fromkeys(every))}
    begins = [0, *accumulate(len(words) for _, words in named[:-1])]
    of_words = compare(asked, list(places))[:, [places[word] for word in every]]
    # How much of each word that was asked for one of the name's has, on average.
    alike = np.maximum.reduceat(of_words, begins, axis=1).mean(axis=0)
    found = [Owner(named[place][0], float(alike[place])) for place in np.flatnonzero(alike)]
    return sorted(found, key=lambda one: (-one.likeness, one.id))[:MOST_OWNERS]


def _within_bounds(rows: Iterable[Named]) -> Iterator[Named]:
    letters = 0
    for row in rows:
        letters += len(row.name)
        if letters > MOST_LETTERS:
            return
        yield row


def words_of(text: str) -> list[str]:
    """The different words of a text, in their order."""
    return list(dict.fromkeys(WORD.findall(text.casefold())))


def _alike(word: str) -> str:
    """A regular expression for names that may have a word like this one: no others leave PostgreSQL."""
    inside = [word[place : place + 3] for place in range(len(word) - 2)]
    return "|".join([rf"\m{word[0]}", *inside, rf"{word[-2:]}\M"])


@statement_as(Named)
def _names() -> Clause:
    return union_all(_teams(), _people()).limit(literal_column(str(MOST_NAMES)))


def _teams() -> Rows:
    return _called(select(teams.c.id, teams.c.name), teams.c.organization_id, teams.c.name).where(
        teams.c.deleted_at.is_(None)
    )


def _people() -> Rows:
    """In each of their teams: that is what tasks are assigned to. Whatever the planner expects, each is looked up."""
    here = (members.c.organization_id == team_members.c.organization_id) & (
        members.c.id == team_members.c.organization_member_id
    )
    member = select(members.c.user_id).where(here).limit(ONE).lateral("member")
    user = select(users.c.name).where(users.c.id == member.c.user_id).limit(ONE).lateral("called")
    people = select(team_members.c.id, user.c.name).select_from(team_members.join(member, true()).join(user, true()))
    return _called(people, team_members.c.organization_id, user.c.name)


def _called(named: Rows, owner: ColumnElement[UUID], name: ColumnElement[str]) -> Rows:
    organization_id = bindparam("organization_id", type_=Uuid)
    pattern = bindparam("pattern", type_=Text)
    return named.where(owner == organization_id, is_callers(organization_id), name.op("~*")(pattern))
