"""The front door: the first query of the README gives the answer that stands below it."""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import SecretStr

from app.config import Settings
from app.demo.first import load_first_demo
from tests.api import SECRET, serving
from tests.conftest import Database

README = Path(__file__).parents[1] / "README.md"


async def test_first_query_gives_the_answer_below_it(new_database: Callable[[], Awaitable[Database]]) -> None:
    text = README.read_text()
    body = json.loads(re.search(r"-d '(\{.*\})'", text)[1])  # type: ignore[index]  # its absence is a failure too
    answer = json.loads(re.search(r"answers\n\n```json\n(.*?)```", text, re.DOTALL)[1])  # type: ignore[index]  # as above
    database = await new_database()
    await load_first_demo(database.runtime_url)
    async with serving(Settings(database_url=database.runtime_url, jwt_secret=SecretStr(SECRET))) as api:
        assert await api.ask(body["query"], who="owner@example.com") == answer
