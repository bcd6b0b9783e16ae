"""Refusals and bugs as pages: what a browser gets where a program gets a problem document."""

from fastapi.responses import HTMLResponse
from starlette.requests import Request

from api.pages.frame import page
from api.pages.languages import language_of, translations
from api.pages.navigation import paths
from api.problems import Problem


def _(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


_TEXTS = {
    401: (_("Please sign in"), _("Your session has ended. Sign in again to go on.")),
    403: (_("This page is not for your role"), _("You are signed in, but what you asked for is open to others only.")),
    404: (_("There is nothing here"), _("The address is wrong, or what was here is gone.")),
    405: (_("This cannot be opened like that"), _("Go back and use the button on the page.")),
    409: (_("Somebody was faster"), _("What you saw has changed since. Look again before you go on.")),
    422: (_("Something in the form does not fit"), _("Go back; what you typed is still there.")),
    429: (_("Too much at once"), _("Close a page of yours that is open elsewhere, or wait a moment. Then try again.")),
    503: (_("The database is away"), _("Nothing is lost. Try again in a moment.")),
}
_OTHERWISE = (_("Something went wrong on our side"), _("It has been noted. Try again; if it happens again, ask for help."))


def is_for_a_browser(request: Request) -> bool:
    """Tell whether the answer is to be a page: one of ours was asked for, or a browser asked for what is not there."""
    if request.url.path.startswith("/v1/"):
        return False
    ours = getattr(request.scope.get("route"), "path", None) in paths()
    return ours or "text/html" in request.headers.get("accept", "")


def page_of(request: Request, problem: Problem, headers: dict[str, str]) -> HTMLResponse:
    """Return the page that says what `problem` says, in the reader's language."""
    viewer = getattr(request.state, "viewer", None)  # whoever was found to ask, before they were refused
    say = translations(language_of(request, viewer.locale if viewer else None)).gettext
    heading, text = _TEXTS.get(problem.status, _OTHERWISE)
    answer = page(
        request,
        "error.html",
        viewer=viewer,
        status=problem.status,
        heading=say(heading),
        text=say(text),
        code=problem.status,
        request_id=problem.request_id if problem.status >= 500 else None,
    )
    answer.headers.update(headers)
    if request.url.path.endswith("/stream"):
        answer.headers["HX-Reswap"] = "none"  # what was to be streamed stays as it is; the page's script tries again
    return answer
