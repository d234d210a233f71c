"""`make soak`: the storms in full, about three minutes, and a table of what was done and found."""

import asyncio
import sys

from rich.console import Console
from rich.table import Table

from tests.soak.site import Site, running_site
from tests.soak.storms import CLIENTS, Storm, storm

OPERATIONS = 200  # of each client
KILLS = 20
WIDTH = 130  # characters of the table in a file or a pipe, which say none themselves
COLUMNS = (
    "storm",
    "s",
    "kills",
    "answered",
    "refused",
    "stale",
    "cut",
    "put off",
    "replayed",
    "looks",
    "events",
    "wrong",
)


async def soak(site: Site) -> dict[str, Storm]:
    """The three storms, by what they are called."""
    return {
        f"{CLIENTS} clients, {OPERATIONS} mutations each": await storm(site, operations=OPERATIONS),
        "the server is killed": await storm(site, kills=KILLS, kill=site.kill_server),
        "PostgreSQL is killed": await storm(site, kills=KILLS, kill=site.kill_postgres),
    }


def table_of(storms: dict[str, Storm]) -> Table:
    """A row for each storm."""
    table = Table(*COLUMNS)
    for name, one in storms.items():
        counted = (one.load.counts[column] for column in ("refused", "stale", "cut", "put off", "replayed"))
        figures = (one.kills, len(one.load.acknowledged), *counted, one.load.looks, one.events, len(one.findings))
        table.add_row(name, f"{one.seconds:.0f}", *map(str, figures))
    return table


def main() -> None:
    with running_site() as site:
        storms = asyncio.run(soak(site))
    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table_of(storms))
    console.print(
        "refused: had nothing to write any more. stale: another version than expected. cut: the connection broke.\n"
        "put off: to be tried again. replayed: had been done already. looks: snapshots read meanwhile."
    )
    wrong = [finding for one in storms.values() for finding in one.findings]
    console.print(*wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
