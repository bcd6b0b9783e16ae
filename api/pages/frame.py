"""Pages from templates: the whole frame for a browser, its main part alone where htmx asked for a part.

Templates extend `frame.html` and fill the blocks `title` and `main`. They have `_`, `ngettext`, `asset`, the macros of
`macros.html` as `ui`, and the filters of `filters.py`. What a template prints is escaped and cannot reorder its neighbours.
"""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from babel import Locale
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.ext import Extension
from starlette.requests import Request

from api.pages.assets import asset, available
from api.pages.filters import filters_of, tame
from api.pages.languages import LANGUAGES, language_of, locale_of, translations
from api.pages.navigation import availability_for, entries_for, settings_for

THEME = "ringback_theme"
_TEMPLATES = Path(__file__).with_name("templates")
_PERSONAL = {"Cache-Control": "no-store", "Vary": "HX-Request, HX-Request-Type, Cookie, Accept-Language"}


class Reader(Protocol):
    """Who is looking, as far as the frame is concerned."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def csrf(self) -> str: ...


class OwnWords(Extension):
    """Keeps the browser from judging what is typed: it speaks its own language, the server that of the page."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        return source.replace("<form ", "<form novalidate ")


@cache
def environment(language: str) -> Environment:
    """Return the templates of one language, with its texts and its ways to write numbers and times."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", OwnWords],
        autoescape=True,
        finalize=tame,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = translations(language)
    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]  # by i18n
    made.filters.update(filters_of(locale_of(language)))
    made.globals.update(
        asset=asset, available=available, languages=LANGUAGES, language=language, direction=_direction(language)
    )
    made.globals["ui"] = made.get_template("macros.html").module
    return made


def page(request: Request, template: str, *, viewer: Reader | None = None, status: int = 200, **context: Any) -> HTMLResponse:
    """Render `template` in its frame; only its block `main` where htmx asked for a part of a page."""
    return _render(request, template, viewer, status, {"partial": _wants_part(request), **context})


def fragment(request: Request, template: str, *, viewer: Reader | None, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template that is no page but a part of one."""
    return _render(request, template, viewer, status, {"partial": True, **context})


def render(template: str, *, language: str, **context: Any) -> str:
    """Return a rendered part as text: for streams, which have no request per message."""
    return environment(language).get_template(template).render({"now": datetime.now(UTC), **context})


def _render(request: Request, template: str, viewer: Reader | None, status: int, context: dict[str, Any]) -> HTMLResponse:
    language = language_of(request, viewer.locale if viewer else None)
    given = {
        "viewer": viewer,
        "csrf": viewer.csrf if viewer else None,
        "zone": viewer.zone if viewer else "UTC",
        "theme": _theme(request),
        "path": request.url.path,
        "here": request.url.path if request.method == "GET" else "/",
        "navigation": entries_for(viewer.role, request.url.path) if viewer else [],
        "settings_pages": settings_for(viewer.role, request.url.path) if viewer else [],
        "availability_pages": availability_for(viewer.role, request.url.path) if viewer else [],
        "now": datetime.now(UTC),
    }
    text = environment(language).get_template(template).render({**given, **context})
    return HTMLResponse(text, status, {"Content-Language": language, **_PERSONAL})


def _wants_part(request: Request) -> bool:
    # htmx 4 says `full` where it will replace the body; going back in history asks for whole pages as well.
    asked = request.headers
    return asked.get("hx-request-type") == "partial" and "hx-history-restore-request" not in asked


def _theme(request: Request) -> str | None:
    chosen = request.cookies.get(THEME)
    return chosen if chosen in ("light", "dark") else None


def _direction(language: str) -> str:
    return Locale.parse(language).text_direction
