"""`trellis export`: an organization as a file that `trellis import` takes back, or what is known of a person."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from app import time_limits
from app.config import DATA_DIRECTORY
from app.db.engine import Connection, Database
from app.db.statement import Parameters
from app.export_files.lines import Section, sections
from app.export_files.person_lines import person_sections
from app.export_files.write import FIRST, Transcript, count, snapshot, write
from app.exports.enter import enter_organization, enter_places_of
from app.terminal.counting import listed
from app.terminal.database import explained, reach_both, reach_database
from app.terminal.environment import read_settings
from app.terminal.options import DataOption
from app.terminal.person import Named, named_by, person_named
from app.terminal.progress import gauge
from app.terminal.say import say
from app.terminal.whole_file import WholeFile

Keep = Callable[[bytes], object]
Tell = Callable[[int, int], None]  # how many lines of how many
Enter = Callable[[Connection], Awaitable[Parameters]]  # lets a transaction see what it is to export


def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Gzipped where it ends with .gz; else standard output.")
    ] = None,
    organization: Annotated[str | None, typer.Option(metavar="SLUG", help="An organization.")] = None,
    person: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="All that is known of a person, for themselves; or by their id.")
    ] = None,
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Write an organization to a file, as it is at this moment: JSON Lines, which `trellis import` takes back.

    The file appears under its name once it is whole. It holds what people have written and their addresses: keep it as
    you keep the database.
    """
    started = time.monotonic()
    if (organization is None) == (person is None):
        raise typer.BadParameter("name either an --organization or a --person")
    place = nullcontext() if file is None else WholeFile(file)
    with explained(), place as whole, gauge("Exporting") as tell:
        keep = sys.stdout.buffer.write if whole is None else whole.write
        if organization is not None:
            with reach_database(data) as url:
                transcript = asyncio.run(_export_organization(url, organization, keep, tell))
        else:
            named = named_by(person or "")
            with reach_both(data) as (owner_url, _):
                transcript = asyncio.run(_export_person(owner_url, named, keep, tell))
    if file is not None:
        counts = {kind: amount for kind, amount in transcript.counts.items() if kind != FIRST}
        say(f"Wrote {file}: {listed(counts)}; {time.monotonic() - started:.1f} s")


async def _export_organization(url: str, slug: str, keep: Keep, tell: Tell) -> Transcript:
    async def enter(connection: Connection) -> Parameters:
        organization_id = await enter_organization(connection, slug)
        return {"organization_id": organization_id}

    return await _export(url, sections(), enter, Transcript("organization"), keep, tell)


async def _export_person(owner_url: str, named: Named, keep: Keep, tell: Tell) -> Transcript:
    async def enter(connection: Connection) -> Parameters:
        person = await person_named(connection, named)
        return await enter_places_of(connection, person.id)

    return await _export(owner_url, person_sections(), enter, Transcript("person"), keep, tell)


async def _export(
    url: str, parts: Sequence[Section], enter: Enter, transcript: Transcript, keep: Keep, tell: Tell
) -> Transcript:
    database = Database.open(read_settings(database_url=url), time_limits.HOUSEKEEPING, size=1)
    try:
        async with snapshot(database) as connection:
            values = await enter(connection)
            total = await count(connection, parts, values)
            async for piece in write(connection, parts, values, transcript):
                keep(piece)
                tell(transcript.counts.total() - 1, total)
            return transcript
    finally:
        await database.close()
