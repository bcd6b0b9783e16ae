"""The pages of signing in, with the second factor where one is owed, and of signing out."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, Session, SettingsDep
from api.pages.choices import local_path
from api.pages.frame import page
from api.pages.people import SIGN_IN, CurrentViewer, ProtectedForm, cookie_of, secret_of
from api.transactions import Repeatable
from orchestrator.identity import known_devices, sessions
from orchestrator.identity.known_devices import Device
from orchestrator.identity.person_changes import sign_out_person
from orchestrator.identity.signing_in import SignedIn, sign_in
from orchestrator.identity.tries import WITHIN, Refusal
from orchestrator.settings import Settings

router = APIRouter(route_class=Repeatable)

CODE = "/sign-in/code"
DEVICE = "ringback_device"
STATUS = {None: 200, Refusal.WRONG: 401, Refusal.TOO_OFTEN: 429}


async def same_site(request: Request, settings: SettingsDep) -> None:
    """Let pass what a page of ours sent: nobody is to be signed in by a page of another, before there is a session."""
    origin = request.headers.get("origin")
    ours = (request.headers.get("host"), urlsplit(settings.public_url).netloc)
    if origin is not None and _host_of(origin) not in ours:
        raise HTTPException(403, "the form is not from a page of ours")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # not an address at all, so none of ours
        return ""


SameSite = Depends(same_site)


@router.get(SIGN_IN)
async def show_sign_in(request: Request, session: Session, settings: SettingsDep, next: str = "/") -> Response:
    secret = secret_of(request)
    if secret and await sessions.viewer_of(session, secret) is not None:
        return RedirectResponse(local_path(next), 303)
    return sign_in_form(request, settings, next=next)


@router.post(SIGN_IN, dependencies=[SameSite])
async def send_sign_in(
    request: Request,
    database: DatabaseDep,
    settings: SettingsDep,
    login: Annotated[str, Form(max_length=1000)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:
    if not login.strip() or not password:  # told beside the field, and no try
        return sign_in_form(request, settings, next=next, login=login, missing=True, status=422)
    device = device_of(request, settings)
    found = await sign_in(database, login, password, address=address_of(request), device=device)
    if isinstance(found, Refusal):
        return refused(sign_in_form(request, settings, next=next, login=login, refusal=found), found)
    return signed_in(request, found, settings, next=next)


@router.post("/sign-out", dependencies=[ProtectedForm])
async def sign_out(request: Request, session: Session, database: DatabaseDep, settings: SettingsDep) -> Response:
    await sessions.end(session, secret_of(request), now=await database.clock.now(session))
    return _signed_out(settings)


@router.post("/sign-out/everywhere", dependencies=[ProtectedForm])
async def sign_out_everywhere(
    viewer: CurrentViewer, session: Session, database: DatabaseDep, settings: SettingsDep
) -> Response:
    await sign_out_person(session, viewer.person_id, who=viewer, now=await database.clock.now(session))
    return _signed_out(settings)


def signed_in(request: Request, found: SignedIn, settings: Settings, *, next: str) -> Response:
    """Hand the session over and go on: to where the person wanted, by way of the second factor where one is owed."""
    target = f"{CODE}?next={quote(local_path(next), safe='/')}" if found.second_factor_owed else local_path(next)
    answer = RedirectResponse(target, 303)
    secure = settings.public_url.startswith("https:")
    answer.set_cookie(cookie_of(settings), found.secret, secure=secure, httponly=True, samesite="lax")
    if not found.second_factor_owed:
        _remember(request, answer, found.login, settings)
    return answer


def device_of(request: Request, settings: Settings) -> Device | None:
    """Return the device the request comes from, where somebody has signed in on it before."""
    return known_devices.read(request.cookies.get(DEVICE), keys=settings.payload_keyring, now=datetime.now(UTC))


def _remember(request: Request, answer: Response, login: str, settings: Settings) -> None:
    """Let the device know the person, who has shown all that they owe."""
    known, keys = device_of(request, settings), settings.payload_keyring
    made = known_devices.remember(known, login, keys=keys, now=datetime.now(UTC))
    secure, lasts = settings.public_url.startswith("https:"), int(known_devices.LASTS.total_seconds())
    answer.set_cookie(DEVICE, made, max_age=lasts, secure=secure, httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _signed_out(settings: Settings) -> Response:
    answer = RedirectResponse(SIGN_IN, 303)
    secure = settings.public_url.startswith("https:")
    answer.delete_cookie(cookie_of(settings), secure=secure, httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def sign_in_form(
    request: Request,
    settings: Settings,
    *,
    next: str,
    login: str = "",
    refusal: str | None = None,
    missing: bool = False,
    status: int = 200,
) -> Response:
    """Return the page; `refusal` is the reason it is shown again, `missing` that not both fields were filled."""
    return page(
        request,
        "account/sign_in.html",
        status=status,
        next=local_path(next),
        login=login,
        refusal=refusal,
        missing=missing,
        openid=settings.offers_openid,
    )


def refused(answer: Response, refusal: Refusal | None) -> Response:
    """Give the page that says why the status that says it to programs."""
    answer.status_code = STATUS[refusal]
    if refusal is Refusal.TOO_OFTEN:
        answer.headers["Retry-After"] = str(int(WITHIN.total_seconds()))
    return answer
