"""What an import has done, for the logs of the organizations: the same as mutations say of it."""

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from app.auth.actor import Actor
from app.db.record import Columns
from app.db.source import Source
from app.db.statement import Fetch, Parameters
from app.events.models import EventType
from app.events.record import Happened, append, differences


class Events:
    """The events of one transaction. They are written last: from there to the commit others' writes wait."""

    def __init__(self) -> None:
        self._happened: list[Happened] = []

    def created(self, source: Source, rows: Iterable[Parameters], *columns: str) -> None:
        """Notes rows that were made, with what their events say of them. An organization's own are in itself."""
        self._happened += (
            Happened(
                row.get("organization_id", row["id"]),
                EventType.CREATED,
                source.typename,
                row["id"],
                differences({}, {name: row[name] for name in columns}),
            )
            for row in rows
        )

    def changed(self, source: Source, type_: EventType, row: Columns, after: Parameters) -> None:
        """Notes that a row, which it is given as it was, has become what `after` says."""
        before = {name: row[name] for name in after}
        changes = differences(before, after)
        self._happened.append(Happened(row["organization_id"], type_, source.typename, row["id"], changes))

    def organizations_of(self, source: Source) -> set[UUID]:
        """Those to whose objects of that kind something has happened."""
        return {one.organization_id for one in self._happened if one.subject_type == source.typename}

    async def write(self, fetch: Fetch, user_id: UUID | None) -> None:
        """As of that person, or of nobody, where Trellis itself did it; each once.

        Organizations are taken in the order of their ids, as mutations take them.
        """
        organization_id = attrgetter("organization_id")
        person = None if user_id is None else Actor(user_id, {}, "")
        for _, of_organization in groupby(sorted(self._happened, key=organization_id), organization_id):
            await append(fetch, list(of_organization), by=person, request_id=None)
        self._happened.clear()
