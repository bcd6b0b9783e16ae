"""The pages to open, as the registry of pages has them: one that is added later is opened too, or named as left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.pages.console.result_sections import Section
from api.pages.people import current_viewer
from api.pages.registry import PAGES
from orchestrator.identity.people import Role

_PAGE, _LIST = 100, 300  # milliseconds to the first byte
# Pages of rows, which grow with the business, and the floor as it is; all others show one thing.
_LISTS = (
    *("/console", "/console/stream", "/console/tasks", "/console/audit", "/console/customers"),
    *("/console/customers/{customer_id}/why", "/console/events", "/console/rules", "/console/rules/{name}/backtest"),
    *("/console/customers/{customer_id}", "/console/results", "/console/results/{table}.csv"),
    *("/console/results/not-called.csv", "/console/results/part/{section}"),
    *("/console/settings", "/console/settings/agents", "/console/settings/queues", "/console/settings/channels"),
    "/console/availability",
    "/console/availability/calling-hours",
    "/console/availability/registries",
    "/console/customers/{customer_id}/permissions",
    "/console/availability/staffing",
    "/console/availability/when",
    "/console/availability/limits",
)
_ASSETS = "/assets/"


class Who(StrEnum):
    NOBODY = "nobody"
    ADMIN = "admin"
    AUDITOR = "auditor"
    BUSY = "agent with a task in hand"
    FREE = "agent without a task"


_BY_ROLE = {Role.AGENT: Who.BUSY, Role.SUPERVISOR: Who.ADMIN, Role.ADMIN: Who.ADMIN, Role.AUDITOR: Who.AUDITOR}


@dataclass(frozen=True, slots=True)
class Visit:
    """One way to ask for a page. `words` are searched for by a form; without them, the page is opened."""

    name: str
    address: str
    who: Who
    limit: float  # milliseconds
    words: str | None = None


def visits(values: Mapping[str, Sequence[str]]) -> tuple[list[Visit], list[str]]:
    """Return a visit for each page, and the pages that none is known for.

    `values` are those a path's parameters may have, by name.
    """
    found, unknown = _further(), []
    for route in _routes():
        parameters = list(route.param_convertors)  # also those that the handler itself never reads
        if len(parameters) > 1 or any(name not in values for name in parameters):
            unknown.append(route.path)
            continue
        for value in values.get(parameters[0], ()) if parameters else ("",):
            address = route.path.format(**dict.fromkeys(parameters, value))
            shown = address if parameters and len(value) < 20 else route.path
            found.append(Visit(shown, address, _who(route), _limit(route.path)))
    return sorted(found, key=lambda visit: visit.name), unknown


def _further() -> list[Visit]:
    """The same pages with more to do than when they are opened plainly."""
    today = datetime.now(UTC).date()
    month = f"/console/results?since={today - timedelta(days=29)}&until={today}"
    day = f"/console/results?since={today}&until={today}"
    searches = {"a name": "Peretz-D", "a common name": "Levi", "a number": "050-0012345", "an id": "customer-4711"}
    return [
        Visit("/desk, nothing in hand", "/desk", Who.FREE, _PAGE),
        Visit("/console/results of a day", day, Who.ADMIN, _LIST),
        Visit("/console/results of 30 days", month, Who.ADMIN, _LIST),
        Visit("/console/results of 30 days, whole", f"{month}&whole=yes", Who.ADMIN, _LIST),
        *(
            Visit(f"/console/results/part/{each} of 30 days", month.replace("?", f"/part/{each}?"), Who.ADMIN, _LIST)
            for each in Section
        ),
        Visit("/console?queue=sales", "/console?queue=sales", Who.ADMIN, _LIST),
        Visit("/console/audit of one person", "/console/audit?who=somebody-7", Who.ADMIN, _LIST),
        *(
            Visit(f"/console/customers by {what}", "/console/customers", Who.ADMIN, _LIST, words)
            for what, words in searches.items()
        ),
    ]


def _routes() -> Iterator[APIRoute]:
    for router in PAGES:
        for route in router.routes:
            if isinstance(route, APIRoute) and "GET" in (route.methods or ()) and not route.path.startswith(_ASSETS):
                yield route


def _limit(path: str) -> float:
    return _LIST if path in _LISTS else _PAGE


def _who(route: APIRoute) -> Who:
    calls = list(_calls(route.dependant))
    roles = [role for call in calls for role in getattr(call, "roles", ())]
    if roles:
        return _BY_ROLE[roles[0]]
    if route.path.startswith("/desk"):
        return Who.BUSY
    return Who.ADMIN if current_viewer in calls or route.path.startswith("/console") else Who.NOBODY


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)
