"""Who is measured, and how each is started and asked."""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import orjson
from pydantic import SecretStr

from app.auth.tokens import sign
from app.config import Settings
from benchmarks.dataset import READER, Dataset

PEERS = Path(__file__).with_name("peers")
DOCUMENTS = Path(__file__).with_name("documents")  # the same questions, in each schema's own words
NODE = str(next(PEERS.glob("node_modules/node-*/bin/node"), "node"))  # the newest, or for want of one the system's

TRELLIS = "Trellis"
FLOOR = "Floor"
UVICORN = (sys.executable, "-m", "uvicorn", "--port={port}", "--loop=uvloop", "--http=httptools", "--no-access-log")


@dataclass(frozen=True)
class Contender:
    """A server to be: `{port}` in its command and environment, and `{workload}` in its path, are filled in."""

    name: str
    command: tuple[str, ...]
    documents: Mapping[str, str]
    environment: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    path: str = "/graphql"

    def body(self, workload: str, slug: str) -> bytes:
        return orjson.dumps({"query": self.documents[workload], "variables": {"slug": slug}})


def contenders(dataset: Dataset) -> list[Contender]:
    """Every server; the floor is the last."""
    peers = _documents("peers")
    javascript = {**dataset.environment, "NODE_ENV": "production", "GRAPHILE_ENV": "production", "PORT": "{port}"}
    return [
        _trellis(dataset),
        Contender("PostGraphile", (NODE, str(PEERS / "postgraphile.js")), _documents("postgraphile"), javascript),
        Contender("Mercurius + JIT", (NODE, str(PEERS / "mercurius.js")), peers, javascript),
        Contender("GraphQL Yoga", (NODE, str(PEERS / "yoga.js")), peers, javascript),
        Contender("Apollo Server", (NODE, str(PEERS / "apollo.js")), peers, javascript),
        Contender(
            "Strawberry, stock",
            (*UVICORN, "benchmarks.peers.stock_strawberry.app:application"),
            peers,
            dataset.environment,
        ),
        Contender(
            FLOOR,
            (*UVICORN, "benchmarks.floor.app:application"),
            dict.fromkeys(peers, ""),
            {"DATABASE_URL": dataset.addresses.runtime_url},
            path="/{workload}",
        ),
    ]


def _trellis(dataset: Dataset) -> Contender:
    """As in production, but that one reader may ask for as much as is measured; they sign in with a token."""
    secret = secrets.token_hex(32)
    settings = Settings(jwt_secret=SecretStr(secret))
    token = sign(settings, subject=READER, email=None, name=None, ttl=timedelta(hours=1))
    return Contender(
        TRELLIS,
        (sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", "{port}"),
        _documents("trellis"),
        {
            "TRELLIS_DATABASE_URL": dataset.addresses.runtime_url,
            "TRELLIS_JWT_SECRET": secret,
            "TRELLIS_MAX_REQUESTED": "1000000",
            "TRELLIS_MAX_LOADED": "1000000",  # the questions ask for up to 125,000 objects in one answer
            "TRELLIS_RATE_LIMIT": "1000000000",  # points a minute, which are counted as ever
            "TRELLIS_MAX_IN_FLIGHT": "100",
        },
        {"Authorization": f"Bearer {token}"},
    )


def _documents(folder: str) -> dict[str, str]:
    """The queries of a folder, by the keys of the workloads."""
    return {file.stem: file.read_text() for file in (DOCUMENTS / folder).glob("*.graphql")}
