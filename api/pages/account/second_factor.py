"""The second factor: shown at sign-in, set up and removed on everybody's own page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.account.me import my_page
from api.pages.account.me_words import FAULTS
from api.pages.account.qr import picture_of
from api.pages.account.sign_in import CODE, SameSite, address_of, device_of, refused, signed_in
from api.pages.choices import local_path
from api.pages.frame import page
from api.pages.people import SIGN_IN, CurrentViewer, ProtectedForm, Viewer, secret_of
from api.transactions import Repeatable
from orchestrator.identity import second_factor, sessions
from orchestrator.identity.accounts import person_with
from orchestrator.identity.known_devices import counted_as
from orchestrator.identity.own_settings import prove_password
from orchestrator.identity.signing_in import pass_second_factor
from orchestrator.identity.tries import Refusal
from orchestrator.settings import Settings

router = APIRouter(route_class=Repeatable)

SETUP = "/me/second-factor"
Code = Annotated[str, Form(max_length=100)]


@router.get(CODE)
async def ask_code(request: Request, session: Session, next: str = "/") -> Response:
    if await sessions.half_session(session, secret_of(request)) is None:
        return RedirectResponse(SIGN_IN, 303)
    return _code_form(request, next)


@router.post(CODE, dependencies=[SameSite])
async def send_code(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    code: Code = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    secret, address, device = secret_of(request), address_of(request), device_of(request, settings)
    keys = settings.payload_keyring
    found = await pass_second_factor(database, secret, code, address=address, keys=keys, device=device)
    return _code_form(request, next, found) if isinstance(found, Refusal) else signed_in(request, found, settings, next=next)


@router.get(SETUP)
async def show_setup(request: Request, viewer: CurrentViewer, session: Session, settings: SettingsDep) -> Response:
    return await _setup(request, viewer, session, settings)


@router.post(SETUP, dependencies=[ProtectedForm])
async def confirm(
    request: Request,
    viewer: CurrentViewer,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    code: Code = "",
    present: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    device, address = device_of(request, settings), address_of(request)
    # Asked before this route's own transaction begins: whoever finds a browser open is not to shut its owner out.
    refusal = await prove_password(database, viewer, present, address=address, device=device)
    if refusal is not None:
        return await _setup(request, viewer, session, settings, refusal=refusal, fault="present", code=code)
    now = await database.clock.now(session)
    codes = await second_factor.confirm(session, viewer, code, keys=settings.payload_keyring, now=now)
    if codes is None:
        return await _setup(request, viewer, session, settings, refusal=Refusal.WRONG, fault="code")
    return _codes(request, viewer, codes)


@router.post(f"{SETUP}/codes", dependencies=[ProtectedForm])
async def renew_codes(
    request: Request, viewer: CurrentViewer, session: Session, database: DatabaseDep, settings: SettingsDep, code: Code = ""
) -> Response:
    now = await database.clock.now(session)
    refusal = await _shown(request, viewer, session, settings, code, now=now)
    if refusal is not None:
        return await my_page(request, viewer, session, refusal=refusal)
    return _codes(request, viewer, await second_factor.renew_codes(session, viewer, now=now))


@router.post(f"{SETUP}/removal", dependencies=[ProtectedForm])
async def remove(
    request: Request, viewer: CurrentViewer, session: Session, database: DatabaseDep, settings: SettingsDep, code: Code = ""
) -> Response:
    now = await database.clock.now(session)
    refusal = await _shown(request, viewer, session, settings, code, now=now)
    if refusal is not None:
        return await my_page(request, viewer, session, refusal=refusal)
    await second_factor.forget(session, viewer.person_id, who=viewer, now=now)
    return RedirectResponse("/me", 303)


async def _shown(
    request: Request, viewer: Viewer, session: Session, settings: Settings, code: str, *, now: datetime
) -> Refusal | None:
    device, address = counted_as(device_of(request, settings), viewer.login), address_of(request)
    keys = settings.payload_keyring
    return await second_factor.shown(session, viewer.person_id, code, address=address, device=device, keys=keys, now=now)


def _code_form(request: Request, next: str, refusal: Refusal | None = None) -> Response:
    return refused(page(request, "account/sign_in_code.html", next=local_path(next), refusal=refusal), refusal)


async def _setup(
    request: Request,
    viewer: Viewer,
    session: Session,
    settings: Settings,
    *,
    refusal: Refusal | None = None,
    fault: str | None = None,
    code: str = "",
) -> Response:
    again = refusal is not None  # the code was of the secret shown before, perhaps mistyped
    proposal = await second_factor.propose(session, viewer, keys=settings.payload_keyring, again=again)
    shown = page(
        request,
        "account/second_factor.html",
        viewer=viewer,
        proposal=proposal,
        picture=picture_of(proposal.uri),
        has_password=(await person_with(session, viewer.person_id)).password_hash is not None,
        refusal=refusal,
        fault=fault,
        faults=FAULTS,
        code=code,
    )
    return refused(shown, refusal)


def _codes(request: Request, viewer: Viewer, codes: Sequence[str]) -> Response:
    return page(request, "account/recovery_codes.html", viewer=viewer, codes=codes)
