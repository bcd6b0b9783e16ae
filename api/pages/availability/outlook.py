"""When could we call this customer? The coming days as a strip: every gate's windows, and when all of them are open."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, RulesDep, Session, SettingsDep
from api.pages.availability.calendars import AVAILABILITY
from api.pages.console import words
from api.pages.console.now import Lens, Watching
from api.pages.console.sentences import sentences_in
from api.pages.frame import page
from api.transactions import Repeatable
from orchestrator.availability.verdicts import GateCode, GateState, Verdict, ends_by_word
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.escalations.promises import customer_zone
from orchestrator.escalations.states import State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.escalations.words import Language
from orchestrator.insights.answers.asking import OF_NOW, Answered, answer
from orchestrator.insights.answers.outlook import WIDTH, outlook
from orchestrator.insights.naming import rule_titles
from orchestrator.insights.timelines import get_customer
from orchestrator.intake.tables import CustomerRow

router = APIRouter(prefix="/console", route_class=Repeatable)
_MOST = 20


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


GATES = {
    GateCode.CALLING_HOURS: _("Calling hours"),
    GateCode.REST: _("Outside the day of rest"),
    GateCode.BUSINESS_HOURS: _("The queue is open"),
    GateCode.FREQUENCY: _("Below the caps"),
    GateCode.LATE_GRACE: _("No late event awaited"),
}
ANSWERS = {
    "go": (_("May be called now"), "good"),
    "wait": (_("Not now"), "warn"),
    "refuse": (_("Not to be called"), "bad"),
}


@router.get(AVAILABILITY.removeprefix("/console") + "/when")
async def show_waiting(request: Request, viewer: Watching, session: Session, database: DatabaseDep) -> Response:
    """Show whose case waits for its time, the next first, each with a way to its days."""
    query = (
        select(CustomerRow, EscalationRow)
        .join(EscalationRow, EscalationRow.customer_id == CustomerRow.id)  # type: ignore[arg-type]  # a column's comparison
        .where(EscalationRow.state == State.WAITING)
        .order_by(EscalationRow.wait_until)  # type: ignore[arg-type]  # a column
        .limit(_MOST)
    )
    rows, now = (await session.exec(query)).all(), await database.clock.now(session)
    titles = await rule_titles(session, Lens.of(request, viewer).language)
    return page(request, "availability/waiting.html", viewer=viewer, rows=rows, titles=titles, at=now, words=words)


@router.get("/customers/{customer_id}/when")
async def show_outlook(
    request: Request,
    customer_id: UUID,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    settings: SettingsDep,
    rule: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    customer = await get_customer(session, customer_id)
    if customer.id != customer_id:
        return RedirectResponse(f"/console/customers/{customer.id}/when", 303)
    language = Language(Lens.of(request, viewer).language)
    titles = await rule_titles(session, language.value)
    chosen = rule if rule in titles else await _rule_to_show(session, customer, titles)
    is_wrong = bool(rule) and chosen != rule
    known: dict[str, Any] = {
        "customer": customer,
        "titles": sorted(titles.items(), key=lambda each: each[1]),
        "rule": chosen,
        "is_wrong": is_wrong,
    }
    if chosen is None or is_wrong:
        status = 422 if is_wrong else 200
        return page(request, "availability/outlook.html", viewer=viewer, status=status, told=None, **known)
    now = await database.clock.now(session)
    told = await answer(session, customer, chosen, rules, at=now, now=now, settings=settings)
    zone = customer_zone(customer)
    shown = outlook(told.situation, told.decision.verdicts, now=now, until=_until(told), zone=zone or ZoneInfo(viewer.zone))
    days = [day.date for day in shown.together.days]
    return page(
        request,
        "availability/outlook.html",
        viewer=viewer,
        told=told,
        shown=shown,
        weekdays={day: format_date(day, "EEE", locale=language.value) for day in days},
        dates={day: format_date(day, "d MMM", locale=language.value) for day in days},
        is_theirs=zone is not None,
        now=now,
        width=WIDTH,
        gates=GATES,
        about=_about(told),
        answers=ANSWERS,
        until_told=ends_by_word(told.decision),
        of_now=[verdict.as_json() for verdict in told.decision.verdicts if _is_of_now(verdict)],
        verdicts=[verdict.as_json() for verdict in told.decision.verdicts],
        sentence=sentences_in(language, viewer.zone),
        **known,
    )


def _is_of_now(verdict: Verdict) -> bool:
    return verdict.ends_by_word or (verdict.gate in OF_NOW and verdict.state is GateState.CLOSED)


def _about(told: Answered) -> dict[GateCode, str]:
    """Return, by gate, the page on which what it goes by is kept."""
    kept = {GateCode.CALLING_HOURS: f"{AVAILABILITY}/calling-hours", GateCode.FREQUENCY: f"{AVAILABILITY}/limits"}
    calendar = told.situation.calendar
    return kept if calendar is None else {**kept, GateCode.BUSINESS_HOURS: f"{AVAILABILITY}/calendars/{calendar.calendar}"}


def _until(told: Answered) -> datetime | None:
    """Return when the case's reasons are over; a moment that is found later has its own time."""
    return None if told.case is None else told.situation.expires_at


async def _rule_to_show(session: AsyncSession, customer: CustomerRow, titles: Mapping[str, str]) -> str | None:
    """Return the rule of the customer's open case, else a published one, else any."""
    case = select(EscalationRow.rule).where(EscalationRow.customer_id == customer.id, EscalationRow.state != State.CLOSED)
    published = select(RuleRow.name).where(RuleRow.state == RuleState.PUBLISHED).order_by(RuleRow.name)
    for query in (case, published):
        if (found := (await session.exec(query)).first()) in titles:
            return found
    return min(titles, default=None)
