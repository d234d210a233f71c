"""The page at /graphql: whom it is for, what it lets the browser do, and who is shown a token."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from app.http import graphiql as module
from app.http.graphiql import SETTINGS_SLOT, Assets, page, wants_page

TOKEN = "header.</script>.signature"
HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the place of what Vite builds."""
    monkeypatch.setattr(module, "BUILT", tmp_path)
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(f"<html>{SETTINGS_SLOT}</html>")
    (tmp_path / "assets" / "main-1a2b.js").write_text("run()")
    return tmp_path


async def ask(
    path: str, *, host: str = "localhost", client: str = "127.0.0.1", accept: str = HTML["Accept"], **headers: str
) -> httpx.Response:
    async def endpoint(request: Request) -> Response:
        return page(request, token=TOKEN) if wants_page(request) else PlainTextResponse("not the page")

    app = Starlette(routes=[Mount("/graphql/assets", Assets()), Route("/graphql", endpoint)])
    transport = httpx.ASGITransport(app, client=(client, 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        return await http.get(path, headers={"Accept": accept, "Host": host, **headers})


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000"])
async def test_a_browser_on_this_machine_gets_the_page_with_a_token_that_cannot_end_its_script(host: str) -> None:
    response = await ask("/graphql", host=host)
    assert response.status_code == 200
    assert r'{"headers": {"Authorization": "Bearer header.\u003c/script>.signature"}}' in response.text
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.usefixtures("built")
async def test_a_client_that_does_not_ask_for_html_does_not_get_the_page() -> None:
    assert (await ask("/graphql", accept="*/*")).text == "not the page"


@pytest.mark.usefixtures("built")
async def test_a_neighbour_on_the_network_gets_no_token() -> None:
    response = await ask("/graphql", client="192.0.2.7")
    assert '{"headers": {}}' in response.text


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "host", ["rebound.example.com", 'a"b.example.com', "a{b.example.com", "", "localhost.example.com"]
)
async def test_a_foreign_name_for_this_machine_gets_no_token(host: str) -> None:
    response = await ask("/graphql", host=host)
    assert '{"headers": {}}' in response.text


@pytest.mark.usefixtures("built")
async def test_whoever_comes_through_a_tunnel_gets_no_token() -> None:
    response = await ask("/graphql", **{"X-Forwarded-For": "192.0.2.7"})
    assert '{"headers": {}}' in response.text


@pytest.mark.usefixtures("built")
async def test_the_page_may_reach_no_other_host_and_stand_in_no_frame() -> None:
    headers = (await ask("/graphql")).headers
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


@pytest.mark.usefixtures("built")
async def test_files_are_kept_by_the_browser_for_good() -> None:
    response = await ask("/graphql/assets/main-1a2b.js")
    assert response.text == "run()"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_before_a_build_the_page_says_how_to_make_one(built: Path) -> None:
    (built / "index.html").unlink()
    response = await ask("/graphql")
    assert response.status_code == 200
    assert "make playground" in response.text
    assert "http://localhost/graphql" in response.text
    assert TOKEN not in response.text
