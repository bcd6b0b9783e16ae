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
    Entry("/console/rules", _("Rules"), "u", _WATCHING),
    Entry("/console/events", _("Events"), "e", ("supervisor", "admin")),
    Entry("/console/events/types", _("Events"), "e", ("auditor",)),
    Entry("/console/availability", _("Availability"), "v", _WATCHING),
    Entry("/console/results", _("Results"), "r", _WATCHING),
    Entry("/console/settings", _("Settings"), "s", ("supervisor", "admin")),
    Entry("/console/settings/channels", _("Settings"), "s", ("auditor",)),
    Entry("/console/audit", _("Audit"), "a", ("admin", "auditor", "supervisor")),
)
_SETTINGS = (
    Entry("/console/settings", _("People"), "", ("supervisor", "admin")),
    Entry("/console/settings/queues", _("Queues"), "", ("supervisor", "admin")),
    Entry("/console/settings/agents", _("Agents and skills"), "", ("supervisor", "admin")),
    Entry("/console/settings/channels", _("Channels"), "", _WATCHING),
    Entry("/console/settings/scripts", _("Scripts"), "", _WATCHING),
    Entry("/console/settings/templates", _("Messages"), "", _WATCHING),
)
_AVAILABILITY = (
    Entry("/console/availability", _("Calendars"), "", _WATCHING),
    Entry("/console/availability/calling-hours", _("Calling hours"), "", _WATCHING),
    Entry("/console/availability/limits", _("Limits"), "", _WATCHING),
    Entry("/console/availability/when", _("When could we call?"), "", _WATCHING),
    Entry("/console/availability/registries", _("Registries"), "", _WATCHING),
    Entry("/console/availability/staffing", _("Staffing"), "", _WATCHING),
)


@cache
def paths() -> frozenset[str]:
    """Return the paths of all pages, as their routes are written."""
    from api.pages.registry import PAGES  # the registry names the pages, and those render with this menu

    return frozenset(str(getattr(route, "path", "")) for router in PAGES for route in router.routes)


def entries_for(role: str, path: str) -> list[Entry]:
    """Return the menu of a person of `role` who looks at `path`; the longest entry that leads there is the current one."""
    return _chosen(_ENTRIES, role, path)


def settings_for(role: str, path: str) -> list[Entry]:
    """Return the pages of settings that a person of `role` may open, with the one they look at marked."""
    return _chosen(_SETTINGS, role, path)


def availability_for(role: str, path: str) -> list[Entry]:
    """Return the pages of availability that a person of `role` may open, with the one they look at marked."""
    return _chosen(_AVAILABILITY, role, path)


def _chosen(entries: Sequence[Entry], role: str, path: str) -> list[Entry]:
    mine = [entry for entry in entries if role in entry.roles and entry.href in paths()]
    under = [entry.href for entry in mine if path == entry.href or path.startswith(entry.href + "/")]
    here = max(under, key=len, default="")
    return [Entry(entry.href, entry.label, entry.key, entry.roles, entry.href == here) for entry in mine]
