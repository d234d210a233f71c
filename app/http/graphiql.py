"""GraphiQL for browsers: the page at /graphql and the files it loads."""

import html
import ipaddress
import json
import re
from pathlib import Path
from string import Template
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUILT: Final = Path(__file__).parent / "playground" / "dist"

# Where playground/index.html, and so what Vite makes of it, waits for the settings.
SETTINGS_SLOT: Final = '<script type="application/json" id="settings">{}</script>'

# No other host is ever asked for anything, and no other site may frame the page, where a click could be stolen.
# Inline styles are the one concession: the code editor positions each of its lines with them. Scripts, which
# could send a token away, come from files only. Workers obey the policy of their own response, so files carry it too.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# The page may hold a token, and the same address answers JSON to whoever asks for that.
PAGE_HEADERS: Final = SECURITY_HEADERS | {"Cache-Control": "no-store", "Vary": "Accept"}

NOT_BUILT: Final = Template("""\
<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Trellis</title>
    <style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
  </head>
  <body>
    <h1>Trellis is running</h1>
    <p>GraphQL clients reach it at <code>$address</code>.</p>
    <p>GraphiQL, the page to try queries in, has not been built yet. With Node.js 20.19 or later, run
      <code>make playground</code> in the project's folder, or
      <code>npm ci &amp;&amp; npm run build</code> in <code>app/http/playground</code>; then reload this page.</p>
  </body>
</html>
""")


LOCAL_NAME: Final = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?", re.ASCII | re.IGNORECASE)


def wants_page(request: Request) -> bool:
    """Whether a person opened the address in a browser: GraphQL clients do not ask for HTML by name."""
    accepted = request.headers.get("accept", "").lower().split(",")
    return request.method in {"GET", "HEAD"} and any(kind.partition(";")[0].strip() == "text/html" for kind in accepted)


def page(request: Request, *, token: str | None) -> Response:
    """GraphiQL, with `token` in its headers editor for a browser on this machine; before a build, how to build it."""
    try:
        template = (BUILT / "index.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return HTMLResponse(NOT_BUILT.substitute(address=_endpoint(request)), headers=PAGE_HEADERS)
    headers = {"Authorization": f"Bearer {token}"} if token and _is_local(request) else {}
    settings = SETTINGS_SLOT.replace("{}", _json_in_html({"headers": headers}))
    return HTMLResponse(template.replace(SETTINGS_SLOT, settings), headers=PAGE_HEADERS)


class Assets(StaticFiles):
    """What Vite built, to be mounted at /graphql/assets; browsers keep it, as names change with the content."""

    def __init__(self) -> None:
        super().__init__(directory=BUILT / "assets", check_dir=False)

    async def check_config(self) -> None:
        """Accept that the folder is missing: it may be built while the server runs, and until then files are 404."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(SECURITY_HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"})
        return response


def _endpoint(request: Request) -> str:
    return html.escape(str(request.url.replace(query="")))


def _json_in_html(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    return json.dumps(value).replace("<", r"\u003c")


def _is_local(request: Request) -> bool:
    """Whether caller and address are both on this machine.

    The development token makes its holder the owner, so neighbours on the network must not read it from the page
    when the server listens on more than the loopback address, nor those whom a tunnel lets in. The name counts too: a
    hostile site can point its own name at 127.0.0.1 (DNS rebinding), and its scripts could then read this page as
    theirs. It is the name as it was sent: Starlette takes the server's own for one that it cannot read. The cost:
    through a forwarded port with a name of its own, people paste the token that `trellis dev` printed.
    """
    caller = request.client.host if request.client else ""
    named_so = LOCAL_NAME.fullmatch(request.headers.get("host", ""))
    return named_so is not None and _is_loopback(caller) and "x-forwarded-for" not in request.headers


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
