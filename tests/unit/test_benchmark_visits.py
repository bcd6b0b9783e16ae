"""The benchmark of pages opens every page there is, or says which it does not."""

from fastapi.routing import APIRoute

from api.pages.registry import PAGES
from benchmarks.visits import Who, visits


def test_every_page_is_opened_or_named_as_left_out() -> None:
    opened, unknown = visits({"customer_id": ["c"]})
    without_parameters = {visit.address for visit in opened}

    assert "/console/customers/c" in without_parameters
    for path in pages():
        assert path.replace("{customer_id}", "c") in without_parameters | set(unknown)
    assert "/console/results/{table}.csv" in unknown


def test_a_page_is_opened_by_somebody_whom_it_is_for() -> None:
    opened, _ = visits({})
    by_address = {visit.address: visit.who for visit in opened if visit.words is None}

    assert by_address["/sign-in"] is Who.NOBODY
    assert by_address["/desk/work"] is Who.BUSY
    assert by_address["/console/results"] is Who.ADMIN


def test_lists_have_longer_than_other_pages() -> None:
    opened, _ = visits({"queue": ["sales"]})
    limits = {visit.address: visit.limit for visit in opened}

    assert (limits["/console"], limits["/console/results"]) == (300, 300)
    assert (limits["/desk"], limits["/console/settings/queues/sales"]) == (100, 100)


def pages() -> set[str]:
    routes = [route for router in PAGES for route in router.routes if isinstance(route, APIRoute)]
    return {route.path for route in routes if "GET" in (route.methods or ()) and not route.path.startswith("/assets/")}
