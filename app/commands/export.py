"""`trellis export`: an organization as a file that `trellis import` takes back."""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from app import time_limits
from app.commands.counting import listed
from app.commands.database import explained, reach_database
from app.commands.environment import read_settings
from app.commands.options import DataOption
from app.commands.progress import gauge
from app.commands.whole_file import WholeFile
from app.config import DATA_DIRECTORY
from app.db.engine import Database
from app.exports.enter import enter_organization
from app.exports.lines import sections
from app.exports.write import FIRST, Transcript, count, snapshot, write
from app.refusal import Refusal

Keep = Callable[[bytes], object]
Tell = Callable[[int, int], None]  # how many lines of how many


class NoOrganization(Refusal):
    """Nothing has that slug."""


def export(
    organization: Annotated[str, typer.Option(metavar="SLUG", help="The organization.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Gzipped where it ends with .gz; else standard output.")
    ] = None,
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Write an organization to a file, as it is at this moment: JSON Lines, which `trellis import` takes back.

    The file appears under its name once it is whole. It holds what people have written and their addresses: keep it as
    you keep the database.
    """
    started = time.monotonic()
    place = nullcontext() if file is None else WholeFile(file)
    with reach_database(data) as url, explained(), place as whole, gauge("Exporting") as tell:
        keep = sys.stdout.buffer.write if whole is None else whole.write
        transcript = asyncio.run(_export(url, organization, keep, tell))
    if file is not None:
        counts = {kind: amount for kind, amount in transcript.counts.items() if kind != FIRST}
        typer.echo(f"Wrote {file}: {listed(counts)}; {time.monotonic() - started:.1f} s")


async def _export(url: str, slug: str, keep: Keep, tell: Tell) -> Transcript:
    database = Database.open(read_settings(database_url=url), time_limits.HOUSEKEEPING, size=1)
    try:
        async with snapshot(database) as connection:
            organization_id = await enter_organization(connection, slug)
            if organization_id is None:
                raise NoOrganization(f"There is no organization with the slug {slug}: look whether it is in the trash")
            values, transcript = {"organization_id": organization_id}, Transcript("organization")
            total = await count(connection, sections(), values)
            async for piece in write(connection, sections(), values, transcript):
                keep(piece)
                tell(transcript.counts.total() - 1, total)
            return transcript
    finally:
        await database.close()
