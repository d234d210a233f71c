"""Clients that write at once, and send everything again until it is answered."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any, NamedTuple

import httpx

from app.db.columns import new_id
from tests.soak.operations import BULK, MIX, PAIR, Operation, World, events_of

LONGEST = 60  # seconds until an operation must have been answered, kills or not
PAUSE = 0.05  # seconds between two attempts
AGAIN = {"SERVICE_UNAVAILABLE", "TIMEOUT", "CONFLICT", "INTERNAL_SERVER_ERROR"}
COUNTER = "query ($id: ID!) { node(id: $id) { ... on Task { estimate version } } }"
INCREMENT = """mutation ($id: ID!, $to: Float!, $version: Int!) {
    updateTask(id: $id, input: {estimate: $to}, expectedVersion: $version) { task { id } userErrors { code } }
}"""
LOOK = """query ($slug: String!) { organization(by: {slug: $slug}) {
    events(first: 1) { totalCount nodes { sequence } }
    bulks: tasks(deleted: INCLUDE, filter: {tags: {hasAny: ["bulk"]}}) { totalCount }
} }"""


class Acknowledged(NamedTuple):
    """An operation that was answered, and how many events it may have left, by its answer."""

    request_id: str
    least: int
    most: int


class Load:
    """Eight people at work. `counter` is a task whose estimate all of them raise by one, again and again."""

    def __init__(self, address: str, slug: str, world: World, counter: str, seed: int) -> None:
        self.address = address
        self.slug = slug
        self.world = world
        self.counter = counter
        self.random = Random(seed)
        self.acknowledged: list[Acknowledged] = []
        self.increments = 0
        self.looks = 0
        self.counts: Counter[str] = Counter()
        self.findings: list[str] = []

    async def run(self, people: list[dict[str, str]], busy: Callable[[int], bool]) -> None:
        """Each of `people`, which are headers, writes while it is `busy` for the number of their writes so far."""
        looking = asyncio.create_task(self._look(people[0]))
        try:
            await asyncio.gather(*(self._work(headers, busy) for headers in people))
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _work(self, headers: dict[str, str], busy: Callable[[int], bool]) -> None:
        async with httpx.AsyncClient(base_url=self.address, headers=headers, timeout=10) as http:
            written = 0
            while busy(written):
                if self.random.random() < 0.2:
                    await self._increment(http)
                else:
                    (make,) = self.random.choices(list(MIX), list(MIX.values()))
                    self.world.learn(await self._write(http, make(self.world, self.random)))
                written += 1

    async def _increment(self, http: httpx.AsyncClient) -> None:
        """Reads, adds one, writes: where others were faster, that is a CONFLICT and has to be done anew."""
        row = (await self._send(http, COUNTER, {"id": self.counter}))["data"]["node"]
        variables = {"id": self.counter, "to": (row["estimate"] or 0) + 1, "version": row["version"]}
        data = await self._write(http, Operation(INCREMENT, variables))
        if data["updateTask"] is None:
            return
        codes = [error["code"] for error in data["updateTask"]["userErrors"]]
        self.increments += not codes
        self.counts["stale"] += codes == ["CONFLICT"]

    async def _write(self, http: httpx.AsyncClient, operation: Operation) -> dict[str, Any]:
        """The data of the answer; every attempt has the same key, and the name under which the log has it."""
        request_id = str(new_id())
        headers = {"Idempotency-Key": request_id, "X-Request-Id": request_id}
        body = await self._send(http, operation.document, operation.variables, headers)
        data: dict[str, Any] = body["data"] or {}
        most = events_of(data)
        # What took too long may have done a part before, and then says so for good.
        most, idle = (PAIR, True) if codes_of(body) & AGAIN else (most, operation.idle)
        self.acknowledged.append(Acknowledged(request_id, 0 if idle else most, most))
        self.counts["refused"] += most == 0
        return data

    async def _send(
        self, http: httpx.AsyncClient, document: str, variables: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        request = {"query": document, "variables": variables}
        async with asyncio.timeout(LONGEST):
            while True:
                try:
                    response = await http.post("/graphql", json=request, headers=headers)
                    body: dict[str, Any] = response.json()
                except httpx.TransportError:
                    self.counts["cut"] += 1
                else:
                    replayed = "idempotency-replayed" in response.headers
                    if self._is_final(body) or replayed:
                        self.counts["replayed"] += replayed
                        return body
                    self.counts["put off"] += 1
                await asyncio.sleep(PAUSE)

    def _is_final(self, body: dict[str, Any]) -> bool:
        codes = codes_of(body)
        if "INTERNAL_SERVER_ERROR" in codes:
            self.findings.append(f"an error that nobody foresaw: {body['errors']}")
        return codes.isdisjoint(AGAIN)

    async def _look(self, headers: dict[str, str]) -> None:
        """Reads while others write: nothing half-done is ever there."""
        async with httpx.AsyncClient(base_url=self.address, headers=headers, timeout=10) as http:
            while True:
                seen = (await self._send(http, LOOK, {"slug": self.slug}))["data"]["organization"]
                events = seen["events"]
                last = events["nodes"][0]["sequence"] if events["nodes"] else 0
                if events["totalCount"] != last:
                    self.findings.append(f"{events['totalCount']} events, and the last is the {last}th")
                if seen["bulks"]["totalCount"] % BULK:
                    self.findings.append(f"a part of a bulk: {seen['bulks']['totalCount']} tasks of bulks")
                self.looks += 1
                await asyncio.sleep(PAUSE)


def codes_of(body: dict[str, Any]) -> set[str]:
    """Of the errors beside the data."""
    return {error["extensions"]["code"] for error in body.get("errors", ())}
