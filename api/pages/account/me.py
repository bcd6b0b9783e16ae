"""The front door, which leads each role to its first page, and everybody's own page."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.account.me_words import DONE, FAULTS
from api.pages.account.sign_in import address_of, device_of, refused
from api.pages.choices import keep_language
from api.pages.frame import page
from api.pages.navigation import entries_for
from api.pages.people import CurrentViewer, ProtectedForm, Viewer
from api.pages.settings.words import faults_of
from api.transactions import Repeatable
from orchestrator.errors import BadInput
from orchestrator.identity import recovery_codes
from orchestrator.identity.accounts import person_with
from orchestrator.identity.own_settings import Details, change_own_details, change_own_password
from orchestrator.identity.tries import Refusal

router = APIRouter(route_class=Repeatable)

Line = Annotated[str, Form(max_length=1000)]


@router.get("/")
async def front_door(viewer: CurrentViewer) -> Response:
    entries = entries_for(viewer.role, "/")
    return RedirectResponse(entries[0].href if entries else "/me", 303)


@router.get("/me")
async def show_me(request: Request, viewer: CurrentViewer, session: Session, done: str = "") -> Response:
    return await my_page(request, viewer, session, done=DONE.get(done))


@router.post("/me/details", dependencies=[ProtectedForm])
async def change_details(
    request: Request,
    viewer: CurrentViewer,
    session: Session,
    database: DatabaseDep,
    name: Line = "",
    locale: Line = "",
    zone: Line = "",
) -> Response:
    wanted = Details(name, locale, zone)
    try:
        await change_own_details(session, viewer, wanted, now=await database.clock.now(session))
    except BadInput as unfit:
        return await my_page(request, viewer, session, typed=wanted, faults=faults_of(unfit, FAULTS))
    # What this device chose before would win over the person's own language: the newest choice holds.
    return keep_language(request, RedirectResponse("/me?done=details", 303), locale)


@router.post("/me/password", dependencies=[ProtectedForm])
async def change_password(
    request: Request,
    viewer: CurrentViewer,
    database: DatabaseDep,
    settings: SettingsDep,
    present: Line = "",
    password: Line = "",
    again: Line = "",
) -> Response:
    refusal, fault = None, "again" if password != again else None
    if fault is None:
        address, device = address_of(request), device_of(request, settings)
        try:
            refusal = await change_own_password(
                database, viewer, present=present, wanted=password, address=address, device=device
            )
        except BadInput as unfit:
            fault = unfit.field
    if refusal is None and fault is None:
        return RedirectResponse("/me?done=password", 303)
    async with database.transaction() as session:
        found = refusal.value if refusal else str(fault)
        shown = await my_page(request, viewer, session, faults={found: FAULTS[found]})
    return refused(shown, refusal) if refusal else shown


async def my_page(
    request: Request,
    viewer: Viewer,
    session: Session,
    refusal: Refusal | None = None,
    *,
    typed: Details | None = None,
    faults: Mapping[str, str] | None = None,
    done: str | None = None,
) -> Response:
    """Return the viewer's own page; `refusal` is what became of a code they showed on it, `faults` what does not fit."""
    shown = page(
        request,
        "account/me.html",
        viewer=viewer,
        status=422 if faults else 200,
        person=await person_with(session, viewer.person_id),
        codes_left=await recovery_codes.left(session, viewer.person_id),
        refusal=refusal,
        typed=asdict(typed or Details(viewer.name, viewer.locale, viewer.zone)),
        faults=faults or {},
        done=done,
    )
    return refused(shown, refusal) if refusal else shown
