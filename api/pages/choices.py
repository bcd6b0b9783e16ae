"""What a device chooses for itself, signed in or not: the language and the theme, kept in a cookie each."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.pages.frame import THEME
from api.pages.languages import COOKIE

router = APIRouter(include_in_schema=False)

_YEAR = 365 * 24 * 60 * 60
# One slash and then neither a slash nor a backslash: browsers take both for the start of another host.
_LOCAL = re.compile(r"/(?![/\\])[!-~]*")


def local_path(path: str, *, otherwise: str = "/") -> str:
    """Return `path` where it stays on this site, else `otherwise`."""
    return path if _LOCAL.fullmatch(path) and "\\" not in path else otherwise


@router.post("/choices/language")
async def choose_language(
    request: Request, language: Annotated[Literal["en", "he"], Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    return keep_language(request, RedirectResponse(local_path(back), 303), language)


@router.post("/choices/theme")
async def choose_theme(
    request: Request, theme: Annotated[Literal["light", "dark", "system"], Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    return _kept(request, RedirectResponse(local_path(back), 303), THEME, theme)


def keep_language(request: Request, answer: Response, language: str) -> Response:
    """Let this device be answered in `language` from now on."""
    return _kept(request, answer, COOKIE, language)


def _kept(request: Request, answer: Response, cookie: str, value: str) -> Response:
    secure = request.app.state.settings.public_url.startswith("https:")
    answer.set_cookie(cookie, value, max_age=_YEAR, secure=secure, httponly=True, samesite="lax")
    return answer
