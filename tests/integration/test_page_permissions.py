"""Every page says who may open it: permissions stand on the route, and a route without one is public by name only."""

from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.app import create_app
from api.pages.people import COOKIE, current_viewer, protected_form
from api.pages.registry import PAGES
from api.transactions import Repeatable, transaction
from tests.integration.floor import a_client, some_settings

PUBLIC = {
    "/sign-in",
    "/sign-in/code",
    "/sign-in/openid",
    "/sign-in/openid/return",
    "/choices/language",
    "/choices/theme",
    "/docs",  # says what /openapi.json says
}
UNSIGNED = {"/sign-in", "/sign-in/code", "/choices/language", "/choices/theme"}  # forms of people who may have no session
STREAMS = {"/console/stream", "/desk/stream"}  # look at the session themselves, as they may not hold a transaction open


def _routes() -> Iterator[APIRoute]:
    for router in PAGES:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _is_asset(route: APIRoute) -> bool:
    return route.path.startswith("/assets") or route.path.startswith("/static")


def test_every_page_but_the_doors_needs_a_session() -> None:
    pages = [route for route in _routes() if not _is_asset(route)]
    open_to_all = {route.path for route in pages if current_viewer not in set(_calls(route.dependant))}

    assert len(pages) > len(PUBLIC)
    assert open_to_all == PUBLIC | STREAMS


@pytest.mark.parametrize("path", sorted(STREAMS))
@pytest.mark.parametrize("cookie", [None, "made up"])
async def test_a_stream_is_for_those_who_are_signed_in(database_url: str, path: str, cookie: str | None) -> None:
    app = create_app(some_settings(database_url))

    async with app.router.lifespan_context(app), a_client(app) as client:
        if cookie is not None:
            client.cookies.set(COOKIE, cookie)
        answer = await client.get(path)

    assert answer.status_code in (303, 401)


def test_every_form_proves_that_it_is_of_its_session() -> None:
    forms = [route for route in _routes() if (route.methods or set()) - {"GET", "HEAD"}]
    unproved = {route.path for route in forms if protected_form not in set(_calls(route.dependant))}

    assert len(forms) > len(UNSIGNED)
    assert unproved == UNSIGNED


def test_every_form_that_works_in_the_requests_transaction_is_done_again_after_a_deadlock() -> None:
    forms = [route for route in _routes() if (route.methods or set()) - {"GET", "HEAD"}]
    in_one = [route for route in forms if transaction in set(_calls(route.dependant))]
    once = {route.path for route in in_one if not isinstance(route, Repeatable)}  # give its router the class `Repeatable`

    assert in_one != []
    assert once == set()
