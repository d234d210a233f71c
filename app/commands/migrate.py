"""`trellis migrate`: the newest tables in the database that the environment names, or in the embedded one."""

from contextlib import ExitStack

from app.config import DATA_DIRECTORY
from app.migrations.migrate import migrate as bring_up_to_date
from app.postgres import embedded
from app.terminal.database import NoDatabase
from app.terminal.environment import database_urls, read_settings
from app.terminal.options import DataOption
from app.terminal.say import say


def migrate(data: DataOption = DATA_DIRECTORY) -> None:
    """Bring the database to the newest tables, and let the server's role in."""
    with ExitStack() as stack:
        urls = database_urls(read_settings())
        if urls is None:
            if data != DATA_DIRECTORY and not embedded.exists(data):
                raise NoDatabase(f"There is no database in {data}: check the path, or make one by `trellis dev --data`")
            addresses = stack.enter_context(embedded.borrow(data))
            urls = addresses.owner_url, addresses.runtime_url
        bring_up_to_date(*urls, tell=lambda line: say(line, err=True))
    say("The database has the newest tables.")
