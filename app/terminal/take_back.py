"""How `trellis import` brings an exported organization in."""

import asyncio
import time
from pathlib import Path

import typer

from app.export_files.read import read_export
from app.export_files.take_back import survey, take_back
from app.organizations.mutations import SLUG, SLUG_HINT
from app.terminal.counting import counted, listed
from app.terminal.database import reach_database
from app.terminal.progress import track
from app.terminal.say import say


def import_export(file: Path, email: str, slug: str | None, data: Path) -> None:
    """Makes the organization of the file, under its own slug or the one given. Raises Refusals."""
    started = time.monotonic()
    if slug is not None and not SLUG.fullmatch(slug):
        raise typer.BadParameter(f"--organization names the slug of what was exported: {SLUG_HINT}")
    plan = survey(track(read_export(file), "Reading"))
    slug = slug or plan.slug
    with reach_database(data, make=True) as url:
        lines = track(read_export(file), "Importing", plan.counts.total())
        made = asyncio.run(take_back(url, lines, plan, slug=slug, email=email))
    if strangers := plan.counts["member"] - made["member"]:
        people = counted(strangers, "person", "people")
        say(f"Left out, as nobody vouches for their addresses: {people}. Invite them, and give them tasks", err=True)
    if events := plan.counts["event"]:
        say(f"Left in the file, as the history of the former organization: {counted(events, 'event')}", err=True)
    say(f"Made {slug}: {listed(made)}; {time.monotonic() - started:.1f} s")
