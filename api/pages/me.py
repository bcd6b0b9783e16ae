"""The front door, which leads each role to its first page, and everybody's own page."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import Session
from api.pages.frame import page
from api.pages.navigation import entries_for
from api.pages.people import CurrentViewer, Viewer
from api.pages.sign_in import refused
from orchestrator.identity import recovery_codes
from orchestrator.identity.accounts import person_with
from orchestrator.identity.tries import Refusal

router = APIRouter()


@router.get("/")
async def front_door(viewer: CurrentViewer) -> Response:
    entries = entries_for(viewer.role, "/")
    return RedirectResponse(entries[0].href if entries else "/me", 303)


@router.get("/me")
async def show_me(request: Request, viewer: CurrentViewer, session: Session) -> Response:
    return await my_page(request, viewer, session)


async def my_page(request: Request, viewer: Viewer, session: Session, refusal: Refusal | None = None) -> Response:
    """Return the viewer's own page; `refusal` is what became of a code they showed on it."""
    person = await person_with(session, viewer.person_id)
    left = await recovery_codes.left(session, viewer.person_id)
    return refused(page(request, "me.html", viewer=viewer, person=person, codes_left=left, refusal=refusal), refusal)
