"""Who looks at a page: the session of a cookie, what its role may open, and the proof that a form is one of ours."""

import hmac
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request

from api.dependencies import Session
from orchestrator.identity.people import Role, Viewer
from orchestrator.identity.sessions import viewer_of

__all__ = ["COOKIE", "CurrentViewer", "ProtectedForm", "Role", "Viewer", "allow"]

COOKIE = "ringback_session"
CSRF_FIELD = "csrf"
CSRF_HEADER = "X-CSRF-Token"
SIGN_IN = "/sign-in"


async def current_viewer(request: Request, session: Session) -> Viewer:
    """Return who is signed in; others are sent to the sign-in page, and brought back from there."""
    secret = request.cookies.get(COOKIE)
    viewer = await viewer_of(session, secret) if secret else None
    if viewer is None:
        raise _sent_to_sign_in(request)
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


def _sent_to_sign_in(request: Request) -> HTTPException:
    if "HX-Request" in request.headers:
        return HTTPException(401, "sign in again", {"HX-Redirect": SIGN_IN})
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"{SIGN_IN}?next={quote(back, safe='/')}" if request.method == "GET" else SIGN_IN
    return HTTPException(303, "sign in", {"Location": target})


def at_home(path: str | None) -> str:
    """Return a path of ours to go on to; anything that could lead elsewhere is the front page."""
    if path is None or not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return "/"
    return path
