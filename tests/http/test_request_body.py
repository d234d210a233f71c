"""How long a body may be: what is costly to parse is short, and texts are from whoever is not signed in."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from time import process_time, thread_time
from typing import Any

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis.strategies import dictionaries, integers, lists, recursive, text

from app.http import request
from tests.api import GRAPHQL, Api
from tests.factories import make_tenant

BODY = {"query": "{ viewer { user { email } } }", "variables": {"text": ""}}


async def post(api: Api, body: bytes, who: str | None) -> httpx.Response:
    headers = {"content-type": "application/json", **(api.headers(who) if who else {})}
    return await api.http.post(GRAPHQL, content=body, headers=headers)


def message(response: httpx.Response) -> str:
    assert response.status_code == 413
    [error] = response.json()["errors"]
    return str(error["message"])


def of_length(length: int) -> bytes:
    """A body of that length, most of it one text of line feeds."""
    body = json.dumps(BODY).encode()
    return body.replace(b'""', b'"' + b"\\n" * ((length - len(body)) // 2) + b" " * (length % 2) + b'"')


async def test_whoever_is_signed_in_sends_long_texts(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    longest = api.settings.max_body_with_texts

    sent = await post(api, of_length(longest), tenant.owner)
    longer = await post(api, of_length(longest + 2), tenant.owner)

    assert sent.json() == {"data": {"viewer": {"user": {"email": tenant.owner}}}}
    assert message(longer) == f"The body is larger than {longest} bytes."


async def test_nobody_else_does(api: Api) -> None:
    assert message(await post(api, of_length(api.settings.max_body + 2), None)) == (
        f"The body is larger than {api.settings.max_body} bytes."
    )


@pytest.mark.parametrize(
    "part",
    [b"[0,", b'["",', b'["a",', b" ", b'"\\"" '],
    ids=["numbers", "empty strings", "strings", "spaces", "quotes"],
)
async def test_only_the_texts_of_a_body_may_be_long(
    api: Api, superuser: "asyncpg.Connection[Any]", part: bytes
) -> None:
    tenant = await make_tenant(superuser)

    refused = await post(api, part * (1024 * 1024 // len(part)), tenant.owner)

    assert message(refused) == f"The body has more than {api.settings.max_body} bytes beside the texts in it."


@given(
    value=recursive(text('"\\\\ab\n'), lambda inner: lists(inner) | dictionaries(text('"\\\\a'), inner)),
    piece=integers(1, 9),
)
def test_what_is_beside_the_texts_is_counted_exactly(value: Any, piece: int) -> None:
    body = json.dumps(value).encode()
    beside = len(re.sub(rb'"(?:[^"\\]|\\.)*"', b'""', body))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(request, "PIECE", piece)
        request._check_frame(body, beside)
        with pytest.raises(request.BodyTooLarge):
            request._check_frame(body, beside - 1)


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 1024 * 1024, b"\\" * 1024 * 1024])
async def test_what_is_not_json_is_gone_through_once(
    api: Api, superuser: "asyncpg.Connection[Any]", body: bytes
) -> None:
    """To look for the end of a string from each of its quotes would take hours."""
    tenant = await make_tenant(superuser)

    async with asyncio.timeout(5):
        refused = await post(api, body, tenant.owner)

    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (
        400,
        "The request is not valid JSON in UTF-8.",
    )


@pytest.mark.parametrize("signed_in", [True, False])
async def test_what_says_to_be_too_large_is_refused_before_it_is_read(
    api: Api, superuser: "asyncpg.Connection[Any]", signed_in: bool
) -> None:
    who = (await make_tenant(superuser)).owner if signed_in else None
    largest = api.settings.max_body_with_texts if signed_in else api.settings.max_body

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    headers = {"content-type": "application/json", "content-length": str(10**10), **(api.headers(who) if who else {})}
    refused = await api.http.post(GRAPHQL, content=never(), headers=headers)

    assert message(refused) == f"The body is larger than {largest} bytes."


async def test_what_does_not_say_how_large_it_is_is_counted_as_it_comes(api: Api) -> None:
    sent = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024
            yield b" " * 1024

    refused = await api.http.post(GRAPHQL, content=parts(), headers={"content-type": "application/json"})

    assert message(refused) == f"The body is larger than {api.settings.max_body} bytes."
    assert sent == api.settings.max_body + 1024


async def test_a_large_body_is_taken_apart_beside_the_event_loop(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    large = of_length(api.settings.max_body_with_texts)
    await post(api, large, tenant.owner)
    started, started_here = process_time(), thread_time()
    sent = await post(api, large, tenant.owner)
    elsewhere = (process_time() - started) - (thread_time() - started_here)

    assert sent.status_code == 200
    assert elsewhere > 0.005  # seconds; two million escapes take five times as long
