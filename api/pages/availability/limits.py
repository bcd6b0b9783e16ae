"""Caps and budgets: what holds, what of it is used now, and what the law caps where customers are."""

from dataclasses import replace

from babel import Locale, dates
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.availability.calendars import AVAILABILITY
from api.pages.availability.limits_form import LimitsForm, faults_of
from api.pages.console.now import Supervising, Watching
from api.pages.frame import page
from api.pages.languages import language_of, locale_of
from api.pages.people import ProtectedForm, Role, Viewer
from api.transactions import Repeatable
from orchestrator.availability.country_caps import CountryCap, country_caps
from orchestrator.availability.limits import as_yaml, limits_of
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.errors import BadInput
from orchestrator.escalations.spending import spent
from orchestrator.insights.naming import rule_titles
from orchestrator.queueing.limits import LimitsChanged, limits_in_force, save_limits
from orchestrator.queueing.queues import queue_names
from orchestrator.settings import Settings
from orchestrator.storage.database import Database

LIMITS = f"{AVAILABILITY}/limits"
router = APIRouter(prefix=LIMITS, route_class=Repeatable)


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


MEDIA = {
    "": _("Any contact"),
    "voice_person,voice_recorded": _("Calls"),
    "voice_person": _("Calls by a person"),
    "voice_recorded": _("Calls that open with a recording"),
    "sms": _("Messages"),
}
HOLDERS = {"": _("Both"), "customer": _("Customer alone"), "number": _("Number alone")}
SUBJECTS = {"": _("Anything"), "same": _("The same subject")}
KINDS = {"calls": _("Calls"), "money": _("Money")}
PERIODS = {"hour": _("an hour"), "day": _("a day")}
NOTES = {  # what the file of the law's caps says beside them
    "Whichever of our numbers calls.": _("Whichever of our numbers calls."),
    "Whichever of our numbers calls. The area code is taken to tell where somebody lives.": _(
        "Whichever of our numbers calls. The area code is taken to tell where somebody lives."
    ),
    "Calls and tries to call alike.": _("Calls and tries to call alike."),
    "Written for the collection of one debt; kept here as an upper bound of every marketing call.": _(
        "Written for the collection of one debt; kept here as an upper bound of every marketing call."
    ),
}


@router.get("")
async def show_limits(
    request: Request, viewer: Watching, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    return await _page(request, viewer, session, database, settings)


@router.post("", dependencies=[ProtectedForm])
async def change_limits(
    request: Request, viewer: Supervising, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    form = LimitsForm.sent({name: text for name, text in (await request.form()).items() if isinstance(text, str)})
    now = await database.clock.now(session)
    try:
        raw = as_yaml(limits_of(form.values())).encode()
        await save_limits(session, raw, seen=form.seen, who=viewer, now=now, settings=settings)
    except BadInput as refused:  # told beside the fields, with all that was typed
        return await _page(request, viewer, session, database, settings, form=form, refused=refused)
    except LimitsChanged:  # what was typed stays, and the page says that somebody was faster
        return await _page(request, viewer, session, database, settings, form=form, changed=True)
    return RedirectResponse(LIMITS, 303)


async def _page(
    request: Request,
    viewer: Viewer,
    session: AsyncSession,
    database: Database,
    settings: Settings,
    *,
    form: LimitsForm | None = None,
    refused: BadInput | None = None,
    changed: bool = False,
) -> Response:
    now, known = await database.clock.now(session), await limits_in_force(session, settings)
    document, locale = known.document, locale_of(language_of(request, viewer.locale))
    return page(
        request,
        "availability/limits.html",
        viewer=viewer,
        status=422 if refused else 409 if changed else 200,
        form=replace(form, seen=known.tag if changed else form.seen) if form else LimitsForm.of(document, known.tag),
        known=known,
        changed=changed,
        faults=faults_of(refused),
        may_edit=viewer.role in (Role.SUPERVISOR, Role.ADMIN),
        used=await spent(session, document.budgets, document.costs, now=now, settings=settings),
        currency=document.costs.currency,
        clock=settings.centre_zone or "UTC",
        targets=await _targets(session),
        rules=await _rules(session),
        titles=await rule_titles(session, locale.language),
        by_law=[(_place(each, locale), each) for each in country_caps().caps],
        reviewed=dates.format_date(country_caps().reviewed, "medium", locale=locale),
        words={"media": MEDIA, "per": HOLDERS, "subject": SUBJECTS, "kind": KINDS, "period": PERIODS, "note": NOTES},
    )


def _place(cap: CountryCap, locale: Locale) -> str:
    return cap.name.get(locale.language, cap.place)


async def _rules(session: AsyncSession) -> list[str]:
    query = select(RuleRow.name).where(RuleRow.state != RuleState.RETIRED).order_by(col(RuleRow.name))
    return list((await session.exec(query)).all())


async def _targets(session: AsyncSession) -> list[str]:
    queues = [f"queue:{name}" for name in await queue_names(session)]
    return [*queues, *(f"rule:{name}" for name in await _rules(session))]
