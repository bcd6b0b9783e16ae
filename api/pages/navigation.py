"""Where a person of each role may go, in the order of the menu; a page that is not there is not offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

_WATCHING = ("supervisor", "admin", "auditor")


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Entry:
    """One place: its address, its name in English, and the key that goes there after `g`."""

    href: str
    label: str
    key: str
    roles: Sequence[str]
    current: bool = False


_ENTRIES = (
    Entry("/desk", _("Desk"), "d", ("agent",)),
    Entry("/console", _("Now"), "n", _WATCHING),
    Entry("/console/customers", _("Customers"), "c", _WATCHING),
    Entry("/console/results", _("Results"), "r", _WATCHING),
    Entry("/console/settings", _("Settings"), "s", ("supervisor", "admin")),
    Entry("/console/audit", _("Audit"), "a", ("admin", "auditor", "supervisor")),
)


@cache
def paths() -> frozenset[str]:
    """Return the paths of all pages, as their routes are written."""
    from api.pages.registry import PAGES  # the registry names the pages, and those render with this menu

    return frozenset(str(getattr(route, "path", "")) for router in PAGES for route in router.routes)


def entries_for(role: str, path: str) -> list[Entry]:
    """Return the menu of a person of `role` who looks at `path`; the longest entry that leads there is the current one."""
    mine = [entry for entry in _ENTRIES if role in entry.roles and entry.href in paths()]
    under = [entry.href for entry in mine if path == entry.href or path.startswith(entry.href + "/")]
    here = max(under, key=len, default="")
    return [Entry(entry.href, entry.label, entry.key, entry.roles, entry.href == here) for entry in mine]
