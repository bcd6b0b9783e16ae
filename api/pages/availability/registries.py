"""The do-not-call registries of the console: which lists are imported, how old they are, and what the law asks of each."""

from typing import Any

from babel import dates
from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, Session
from api.pages.console.now import Lens, Watching
from api.pages.frame import page
from api.pages.languages import locale_of
from api.transactions import Repeatable
from orchestrator.availability.marketing_rules import Sector, marketing_rules
from orchestrator.permissions.registries import registries_now


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


SECTORS = {
    Sector.BANK: _("banks"),
    Sector.INSURANCE: _("insurance"),
    Sector.FINANCE: _("finance"),
    Sector.TELECOM: _("telecommunication"),
    Sector.ENERGY: _("energy"),
    Sector.RETAIL: _("retail"),
    Sector.OTHER: _("other sectors"),
}
router = APIRouter(prefix="/console/availability/registries", route_class=Repeatable)


@router.get("")
async def show_registries(request: Request, viewer: Watching, session: Session, database: DatabaseDep) -> Response:
    now = await database.clock.now(session)
    registries = await registries_now(session, now=now)
    rules = sorted(marketing_rules().values(), key=lambda each: each.country)
    locale = locale_of(Lens.of(request, viewer).language)
    known: dict[str, Any] = {"registries": registries, "rules": rules, "sectors": SECTORS, "at": now}
    known["country"] = lambda code: locale.territories.get(code, code)
    known["reviewed"] = lambda day: dates.format_date(day, "medium", locale=locale)
    return page(request, "availability/registries.html", viewer=viewer, **known)
