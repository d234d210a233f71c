"""What another site could make a browser send: refused before it is read."""

from starlette.requests import Request

from app.errors import AppError
from app.http.request import essence_of

# Browsers ask the server first before they send one of these across sites.
PREFLIGHT_HEADERS = ("apollo-require-preflight", "x-apollo-operation-name")
# All other types make them ask too: Apollo Client sends `application/json` with its GETs for that.
UNASKED_TYPES = ("", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain")


class CrossSite(AppError):
    """The request may come from a page of another site, without its reader knowing."""

    code = "BAD_REQUEST"
    status = 403


def check_site(request: Request) -> None:
    """Raises CrossSite for a GET that a page of another site made the browser send.

    A form or a link on any page can send a GET, or a POST as text, and the browser adds what it holds for this server:
    a client certificate, or its place in a network. A POST has to be JSON, which browsers send across sites only after
    asking, so GETs are left. Browsers that say nothing of the site are old, or no browsers: those can send anything.
    """
    if request.method == "POST" or any(name in request.headers for name in PREFLIGHT_HEADERS):
        return
    if essence_of(request) not in UNASKED_TYPES:
        return
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise CrossSite("Pages of other sites may not send this by GET: send it by POST, as JSON.")
