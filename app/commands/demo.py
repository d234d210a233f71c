"""`trellis demo`: organizations, teams, people and tasks made up, of any size."""

import asyncio
import time
from typing import Annotated

import typer

from app.commands.import_ import check_options, show
from app.config import DATA_DIRECTORY
from app.demo.tasks import Size, demo_rows, plan_demo
from app.importer.tasks import load
from app.terminal.database import reach_database
from app.terminal.import_options import AsOption, MembersOption
from app.terminal.options import DataOption
from app.terminal.progress import track


def demo(
    email: AsOption,
    organizations: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 1,
    teams: Annotated[int, typer.Option(min=1, max=1_000, help="In each organization.")] = 4,
    members: MembersOption = 10,
    tasks: Annotated[int, typer.Option(min=0, max=10_000_000, help="In all.")] = 1_000,
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Make organizations with made-up work in them. Run again, it makes others of the same names."""
    email = check_options(email)
    started = time.monotonic()
    size = Size(organizations, teams, tasks)
    with reach_database(data, make=True) as url:
        rows = track(demo_rows(size), "Making up", tasks)
        summary = asyncio.run(load(url, rows, plan_demo(size), email=email, made_up=members, anew=True))
    show(summary, since=started)
