"""The front door, which leads each role to its first page, and everybody's own page."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.pages.frame import page
from api.pages.navigation import entries_for
from api.pages.people import CurrentViewer

router = APIRouter()


@router.get("/")
async def front_door(viewer: CurrentViewer) -> Response:
    entries = entries_for(viewer.role, "/")
    return RedirectResponse(entries[0].href if entries else "/me", 303)


@router.get("/me")
async def show_me(request: Request, viewer: CurrentViewer) -> Response:
    return page(request, "me.html", viewer=viewer)
