"""Clients that send slowly, or never to the end: they are told to go, and cost nobody else anything."""

import asyncio

from tests.hostile.conftest import Server
from tests.hostile.wire import Attacker, exchange

MANY = 100
BEGINNING = "POST /graphql HTTP/1.1\r\nHost: testserver\r\nAuthorization: {}\r\nContent-Type: application/json\r\n"
SMALL = "{ viewer { user { id } } }"


async def test_headers_that_never_end(server: Server, attacker: Attacker, neighbour: Attacker) -> None:
    began = BEGINNING.format(attacker.authorization).encode()
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(MANY)]
    for _, writer in opened:
        writer.write(began)
    answers = []
    for place in range(5):
        for _, writer in opened:
            writer.write(b"X-%d: y\r\n" % place)
        answers.append(await server.exchange(neighbour.ask("small", SMALL).request))
    for _, writer in opened:
        writer.close()
    assert [answer.status for answer in answers] == [200] * 5
    assert min(answer.seconds for answer in answers) < 0.5


async def test_bodies_that_never_end(server: Server, attacker: Attacker, neighbour: Attacker) -> None:
    began = BEGINNING.format(attacker.authorization) + 'Connection: close\r\nContent-Length: 1000\r\n\r\n{"query": "'
    waiting = [asyncio.create_task(exchange(server.port, began.encode())) for _ in range(MANY)]
    answers = [await server.exchange(neighbour.ask("small", SMALL).request) for _ in range(5)]
    refused = await asyncio.gather(*waiting)
    assert [answer.status for answer in answers] == [200] * 5
    assert min(answer.seconds for answer in answers) < 0.5
    assert {answer.status for answer in refused} == {408}
    assert {answer.json()["errors"][0]["extensions"]["code"] for answer in refused} == {"TIMEOUT"}
