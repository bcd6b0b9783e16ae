"""Who looks at a page: the session of a cookie, what its role may open, and the proof that a form is one of ours."""

import hmac
from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, unquote, urlsplit

from fastapi import Depends, HTTPException, Request

from orchestrator.identity.people import Role, Viewer
from orchestrator.identity.sessions import viewer_of
from orchestrator.settings import Settings

__all__ = ["COOKIE", "CurrentViewer", "ProtectedForm", "Role", "Viewer", "allow", "cookie_of", "fetched_by_itself", "secret_of"]

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

COOKIE = "ringback_session"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
SIGN_IN = "/sign-in"


def cookie_of(settings: Settings) -> str:
    """Return the name of the session's cookie; over https, one that browsers take from this very host alone (RFC 6265bis)."""
    return f"__Host-{COOKIE}" if settings.public_url.startswith("https:") else COOKIE


def secret_of(request: Request) -> str:
    """Return the secret of the session that the request comes with, or of none."""
    return request.cookies.get(cookie_of(request.app.state.settings), "")


def fetched_by_itself(endpoint: Endpoint) -> Endpoint:
    """Mark what a page fetches without anybody's doing: it keeps no session from lying unused."""
    endpoint.by_itself = True  # type: ignore[attr-defined]  # read in `current_viewer`
    return endpoint


async def current_viewer(request: Request) -> Viewer:
    """Return who is signed in; others are sent to the sign-in page, and brought back from there.

    The transaction is over before the page begins its own: one that held this connection and waited for another would
    stop, with as many others as the pool has, for good.
    """
    _check_readable(request.url.query)
    secret, database = secret_of(request), request.app.state.database
    viewer = None
    if secret:
        async with database.transaction() as session:
            viewer = await viewer_of(session, secret, by_itself=hasattr(request.scope["endpoint"], "by_itself"))
    if viewer is None:
        raise _sent_to_sign_in(request)
    request.state.viewer = viewer  # for the page that says what was refused
    return viewer


CurrentViewer = Annotated[Viewer, Depends(current_viewer)]


def allow(*roles: Role) -> Any:
    """Return the route's dependency, the viewer, for those who may act in one of `roles`; others get 403."""

    async def allowed(viewer: CurrentViewer) -> Viewer:
        if not viewer.may(*roles):
            raise HTTPException(403, "this page is not for your role")
        return viewer

    allowed.roles = roles  # type: ignore[attr-defined]  # read where the routes' permissions are listed
    return Depends(allowed)


async def protected_form(request: Request, viewer: CurrentViewer) -> None:
    """Let pass only what a page of this very session sent."""
    given = request.headers.get(CSRF_HEADER) or (await request.form()).get(CSRF_FIELD)
    proof = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else b""
    if not hmac.compare_digest(proof, viewer.csrf.encode()):
        raise HTTPException(403, "the form is not from a page of your session; reload the page")


ProtectedForm = Depends(protected_form)


def _check_readable(text: object) -> None:
    """Refuse what the database cannot keep: no keyboard types it, and no page of ours sends it."""
    if isinstance(text, str) and "\0" in unquote(text):
        raise HTTPException(422, "a field holds a NUL character; leave it out")


def _sent_to_sign_in(request: Request) -> HTTPException:
    target = f"{SIGN_IN}?next={quote(_back(request), safe='/')}"
    if "HX-Request" in request.headers:
        return HTTPException(401, "sign in again", {"HX-Redirect": target})
    return HTTPException(303, "sign in", {"Location": target})


def _back(request: Request) -> str:
    """Return where to go on after signing in: the page itself, or the one a form or a part of it was sent from."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    try:
        page = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("referer", ""))
    except ValueError:  # not an address at all
        return "/"
    return page.path + (f"?{page.query}" if page.query else "") or "/"
