"""What is wrong around a document: JSON that is none, wrong types, encodings, methods, headers, bodies."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.hostile.wire import Attack, Attacker

QUERY = b'{"query": "{ viewer { user { id } } }"}'
SMALL = quote("{ viewer { user { id } } }")
NO_JSON = (
    *(
        b"",
        b" ",
        b"\x00",
        b"\xff\xfe\x00",
        b"{",
        b"}",
        b"[",
        b'"',
        b"nul",
        b"NaN",
        b"-Infinity",
        b"'{}'",
        b"{}{}",
        b"//",
    ),
    *(b'{"query": }', b'{"query" "x"}', b'{query: "x"}', b'{"query": "x",}', b'{"query": "x"}}', b'{"query": "x"} x'),
    *(b'\xef\xbb\xbf{"query": "{ __typename }"}', '{"query": "{ __typename }"}'.encode("utf-16")),
    *('{"query": "{ __typename }"}'.encode("utf-32"), b'{"query": "\xff\xfe"}', b'{"query": "\xc3"}'),
    *(b'{"query": "\xed\xa0\x80"}', b'{"query": "\xf4\x90\x80\x80"}', b'{"query": "\xc0\xaf"}'),
    *(b'{"query": "\\ud800"}', b'{"query": "\\udc00\\ud800"}', b'{"query": "\\u12"}', b'{"query": "\\x41"}'),
    *(b'{"query": "a\nb"}', b'{"query": "\x00"}', b'{"query": "{ __typename }", "variables": {"\\ud800": 1}}'),
    *(b'{"query": "{ __typename }", "variables": {"v": %s}}' % one for one in (b"1e999", b"-1e999", b"0x1", b"01")),
    *(b'{"query": "{ __typename }", "variables": {"v": %s}}' % one for one in (b"+1", b".5", b"1.", b"NaN", b"1e")),
    *(b"[" * 200_000, b'{"a":' * 40_000, b'{"query":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b"1" * 200_000),
)
# What a field of the envelope, or all of it, cannot be.
WRONG: tuple[Any, ...] = (
    None,
    True,
    5,
    -0.0,
    1e308,
    "",
    "x",
    "\0",
    [],
    ["x"],
    {},
    {"a": {}},
    [[]],
    [None],
    "{",
    "\U0010ffff",
)
FIELDS = ("query", "variables", "operationName", "extensions", "documentId")
HASHES: tuple[Any, ...] = ("", "x", "0" * 64, "0" * 100_000, 5, None, [], "\0", "é" * 64)
VERSIONS: tuple[Any, ...] = (2, "1", 10**400, 1.5, True, None, [])
PERSISTED: tuple[Any, ...] = (
    *({}, [], 5, "x", {"version": 1}),
    *({"version": 1, "sha256Hash": one} for one in HASHES),
    *({"version": one, "sha256Hash": "0" * 64} for one in VERSIONS),
)
CONTENT_TYPES = (
    *("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"),
    *("application/json; charset=utf-16", "application/json; charset=x", "APPLICATION/JSON", "application/jsonp"),
    *("application/graphql", "*/*", "application/json, text/plain", "application/json;" + "a=b;" * 2000, "é", "/"),
)
METHODS = ("PUT", "DELETE", "PATCH", "HEAD", "TRACE", "CONNECT", "PROPFIND", "get", "BREW", "G\x00T", "X" * 5000)
ACCEPTS = ("", "*/*", "text/html", "application/graphql-response+json;q=x", "a" * 5000, ",".join(["a/b"] * 1000), ";;;")
TOKENS = (
    *(
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer x.y.z",
        "Bearer a.b",
        "Basic eDp5",
        "Bearer " + "A" * 7000,
        "Bearer ...",
    ),
    *("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "Bearer é.ü.ß", "\x01"),
    *("Bearer bnVsbA.bnVsbA.bnVsbA", "Bearer W10.W10.W10", "Bearer trellis_" + "a" * 43, "Bearer " + "." * 5000),
)
URLS = (
    *("", "query", "query=", "query=%", "query=%FF%FE", "query=%00", "query=%ED%A0%80", "query=" + "%28" * 3000, "a=b"),
    *(f"query={SMALL}&variables={one}" for one in ("5", "[]", "%5B", "%22x%22", "%FF", "nul", "%7B%22a%22:1e999%7D")),
    *(f"query={SMALL}&extensions={one}" for one in ("5", "[]", "%5B", "x", "%7B%22persistedQuery%22:5%7D")),
    *(f"query={SMALL}&operationName={one}" for one in ("x", "%00", "%FF", "a" * 8000)),
    *(f"query={SMALL}&query=%7B", "&" * 8000, "query=" + quote("mutation { deleteTask(id: 5) { id } }"), "=" * 5000),
    *(
        "query=" + quote("subscription { x }"),
        "query=" + quote("{ " + "a " * 2000 + "}"),
        "variables=%7B%7D",
        "%00=%00",
    ),
)


def envelopes(attacker: Attacker) -> Iterator[Attack]:
    for place, body in enumerate(NO_JSON):
        yield attacker.post(f"no JSON {place}: {body[:40]!r}", body)
    for value in WRONG:
        yield attacker.post(f"an envelope {value!r}", json.dumps(value).encode())
        for name in FIELDS:
            envelope = {"query": "{ viewer { user { id } } }", name: value}
            yield attacker.post(f"{name} {value!r}", json.dumps(envelope).encode())
    for value in PERSISTED:
        queries: tuple[dict[str, str], ...] = ({}, {"query": "{ __typename }"})
        for query in queries:
            asked = {**query, "extensions": {"persistedQuery": value}}
            yield attacker.post(f"persisted {str(value)[:60]} {query}", json.dumps(asked).encode())
    for url in URLS:
        yield attacker.get(f"GET {url[:60]}", url)
    yield from _of_many(attacker)


def _of_many(attacker: Attacker) -> Iterator[Attack]:
    names = {f"field{place}": place for place in range(15_000)}
    yield attacker.post("an envelope of many fields", json.dumps(names).encode())
    yield attacker.post("one name again and again", b"{" + b'"query": "{ __typename }",' * 9_000 + b'"a": 1}')
    yield attacker.post("a batch", b"[" + b",".join([QUERY] * 100) + b"]")
    yield attacker.post("a body that is too large", b" " * 300_000)
    yield attacker.post("hashes that collide", json.dumps({str(2**61 * place): 0 for place in range(9_000)}).encode())
    yield attacker.post("NUL deep inside", nested(b",".join([rb'"\u0000"'] * 25_000)))
    yield attacker.post("variables nested deep, with a key", nested(b""), "Idempotency-Key: deep")
    yield attacker.ask("a long name", "{ __typename }", **{"a" * 200_000: 1})
    yield attacker.ask(
        "many variables that nobody declared", "{ __typename }", **{f"v{one}": one for one in range(2_000)}
    )


def nested(values: bytes) -> bytes:
    """A mutation with a variable of lists in lists."""
    return b'{"query": "mutation { deleteTask(id: 5) { deletedIds } }", "variables": {"v": %s}}' % (
        b"[" * 900 + values + b"]" * 900
    )


def transports(attacker: Attacker) -> Iterator[Attack]:
    for one in CONTENT_TYPES:
        yield attacker.post(f"Content-Type {one[:40]!r}", QUERY, content_type=one)
    for one in METHODS:
        yield attacker.raw(f"method {one[:40]!r}", f"{one} /graphql HTTP/1.1")
    for one in ACCEPTS:
        yield attacker.post(f"Accept {one[:40]!r}", QUERY, f"Accept: {one}")
        yield attacker.post(f"Accept {one[:40]!r} of nothing", b"{", f"Accept: {one}")
    for one in TOKENS:
        yield Attacker(one).post(f"Authorization {one[:40]!r}", QUERY)
    yield from _encoded(attacker)
    yield from _framed(attacker)
    yield from _headed(attacker)


def _encoded(attacker: Attacker) -> Iterator[Attack]:
    """Bodies that say they are packed: nothing unpacks them, and so none can burst."""
    bomb = gzip.compress(b" " * 50_000_000)
    for coding, body in {
        "gzip": gzip.compress(QUERY),
        "deflate": zlib.compress(QUERY),
        "gzip, gzip": gzip.compress(bomb),
        "br": b"\xa1\x00\x00\x00",
        "x" * 3000: QUERY,
        "identity": gzip.compress(QUERY),
    }.items():
        yield attacker.post(f"Content-Encoding {coding[:20]}", body, f"Content-Encoding: {coding}")
    yield attacker.post("a bomb of gzip", bomb, "Content-Encoding: gzip")


def _framed(attacker: Attacker) -> Iterator[Attack]:
    line, kind = "POST /graphql HTTP/1.1", "Content-Type: application/json"
    chunked = "Transfer-Encoding: chunked"
    yield attacker.raw("no length", line, kind)
    for length in ("-1", "x", "0", "5", "1e3", "9" * 30, "0x10", "5, 5"):
        yield attacker.raw(f"length {length}", line, kind, f"Content-Length: {length}", body=QUERY)
    yield attacker.raw("two lengths", line, kind, "Content-Length: 5", "Content-Length: 39", body=QUERY)
    yield attacker.raw("chunked and counted", line, kind, chunked, "Content-Length: 39", body=b"0\r\n\r\n")
    for name, body in {
        "many chunks": b"1\r\n \r\n" * 30_000 + b"0\r\n\r\n",
        "a chunk of no size": b"x\r\n",
        "a negative chunk": b"-5\r\nhello\r\n0\r\n\r\n",
        "a huge chunk": b"FFFFFFFFFFFFFFFFFF\r\n",
        "a long extension": b"1;" + b"a" * 60_000 + b"\r\n \r\n0\r\n\r\n",
        "trailers": b"0\r\n" + b"a: b\r\n" * 1_000 + b"\r\n",
        "more than is read": b"40000\r\n" + b" " * 0x40000 + b"\r\n40000\r\n" + b" " * 0x40000 + b"\r\n0\r\n\r\n",
    }.items():
        yield attacker.raw(name, line, kind, chunked, body=body)
    yield attacker.raw("an upgrade to nothing", "GET /graphql HTTP/1.1", "Upgrade: x", "Connection: Upgrade")
    yield attacker.raw("an upgrade to h2c", "GET /graphql HTTP/1.1", "Upgrade: h2c", "HTTP2-Settings: AAAA")
    yield Attack("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00" + b"\x00" * 500 + b"\r\n\r\n")
    yield Attack("a preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


def _headed(attacker: Attacker) -> Iterator[Attack]:
    for number, size in ((1000, 5), (1, 60_000), (100, 600), (5_000, 5)):
        flood = [f"X-{place}: {'a' * size}" for place in range(number)]
        yield attacker.post(f"{number} headers of {size}", QUERY, *flood)
    for header in ("X-Request-Id", "Idempotency-Key", "X-Trellis-Debug", "Origin", "Cookie", "X-API-Key"):
        for value in ("", "\x7f", "é" * 200, "a" * 4000, "\x01\x02", "{}", "'; --", "%00"):
            yield attacker.post(f"{header}: {value[:20]!r}", QUERY, f"{header}: {value}")
    for value in ("1" * 100, "::1, " * 500, "é", "unix:", ""):
        yield attacker.post(f"X-Forwarded-For: {value[:20]}", QUERY, f"X-Forwarded-For: {value}")
    for target in (
        "/" + "a" * 9000,
        "//",
        "/%00",
        "/graphql/../graphql",
        "/graphql%2f",
        "/graphql/assets/../../etc/passwd",
    ):
        yield attacker.raw(f"path {target[:40]}", f"GET {target} HTTP/1.1")
    for version in ("HTTP/0.9", "HTTP/2.0", "HTTP/9.9", "X", ""):
        yield attacker.raw(f"version {version!r}", f"POST /graphql {version}")
