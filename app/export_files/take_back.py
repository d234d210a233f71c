"""Takes an organization's export back: as a new organization, all of it in one transaction or nothing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from uuid import UUID

import asyncpg

from app.auth.email import InvalidEmail, email_key, parse_email
from app.db.analyze import analyze
from app.demo.people import Person
from app.export_files.arrive import Arrival, Contradiction
from app.export_files.fields import DocumentLine, Line, MemberLine, OrganizationLine
from app.formats.record import FileUnusable
from app.importer.connection import acting, connect
from app.importer.members import guest, invite

BATCH = 1_000  # lines to a statement
MOST_TEXT = 4 * 1024 * 1024  # characters of documents to a statement, or one text more


@dataclass
class Survey:
    """What has to be known of a file before the first of its lines is written."""

    slug: str
    people: dict[UUID, Person] = field(default_factory=dict)  # the members who have an address, by person
    counts: Counter[str] = field(default_factory=Counter)  # lines by type


def survey(lines: Iterable[Line]) -> Survey:
    """Reads the whole file. Raises FileUnusable, also where it is none of one organization."""
    found = Survey("")
    for line in lines:
        if isinstance(line, OrganizationLine) and not found.counts:
            found.slug = line.slug
        if isinstance(line, MemberLine) and (person := _person(line)):
            found.people[line.person] = person
        found.counts[line.type] += 1
    if not found.slug or found.counts["organization"] != 1:
        raise FileUnusable("The file is of no organization, or of several: its second line must be the only one of one")
    return found


def _person(line: MemberLine) -> Person | None:
    """Somebody whom an address tells from others."""
    try:
        return None if line.email is None else Person(parse_email(line.email), line.name)
    except InvalidEmail:  # from before addresses were checked so
        return None


async def take_back(url: str, lines: Iterable[Line], plan: Survey, *, slug: str, email: str) -> Counter[str]:
    """Makes the organization that the lines describe, under this slug; answers how many rows of each type.

    `email` becomes one of its owners. Of people whom this server does not know it makes accounts, before all else, so
    that nobody who signs in meanwhile has to wait. Raises Refusals, and then there is no such organization.
    """
    async with connect(url) as connection:
        importer_id, _ = await _accounts(connection, email, plan)
        try:
            async with acting(connection, importer_id, alone=True) as events:
                # In the place of who was erased since then comes somebody new. From here to the commit nobody is.
                _, users = await _accounts(connection, email, plan)
                arrival = Arrival(connection, events, slug=slug, importer_id=importer_id, users=users)
                for kind, batch in _batches(lines):
                    await arrival.take(kind, batch)
        except asyncpg.IntegrityConstraintViolationError as error:
            said = f"The file contradicts itself: two of its lines cannot both be true ({error.constraint_name})"
            raise Contradiction(said) from error
        await analyze(connection)
        return arrival.made


async def _accounts(connection: asyncpg.Connection, email: str, plan: Survey) -> tuple[UUID, dict[UUID, UUID]]:
    """Whose address it is, and the users of the people of the plan; within a transaction nobody erases them."""
    importer_id = (await invite(connection, [guest(email)]))[email_key(email)]
    users: dict[UUID, UUID] = {}
    people = iter(plan.people.items())
    while some := list(islice(people, BATCH)):
        found = await invite(connection, [person for _, person in some])
        users |= {told: found[email_key(person.email)] for told, person in some}
    return importer_id, users


def _batches(lines: Iterable[Line]) -> Iterator[tuple[str, Sequence[Line]]]:
    """Lines of one type that stand together, as many as fit into a statement."""
    for kind, alike in groupby(lines, lambda line: line.type):
        batch: list[Line] = []
        size = 0
        for line in alike:
            batch.append(line)
            size += len(line.text) if isinstance(line, DocumentLine) else 0
            if len(batch) == BATCH or size >= MOST_TEXT:
                yield kind, batch
                batch, size = [], 0
        if batch:
            yield kind, batch
