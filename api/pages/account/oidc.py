"""The way out to the OpenID Connect provider, and the way back in."""

import hmac
import json
import time
from dataclasses import asdict
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from api.dependencies import DatabaseDep, SettingsDep
from api.pages.account.discovery import ProviderAway, ProviderRefused
from api.pages.account.openid_provider import Asked, Provider
from api.pages.account.sign_in import sign_in_form, signed_in
from api.pages.choices import local_path
from orchestrator.identity.openid import sign_in_by_openid
from orchestrator.identity.sealing import CannotUnseal, seal, unseal
from orchestrator.settings import Settings

router = APIRouter()
log = structlog.get_logger(__name__)

START = "/sign-in/openid"
_COOKIE = "ringback_openid"
_LASTS = 600  # seconds for signing in there


def provider(request: Request) -> Provider:
    known: Provider | None = request.app.state.openid
    if known is None:
        raise HTTPException(404)
    return known


ProviderDep = Annotated[Provider, Depends(provider)]


@router.get(START)
async def go_to_provider(request: Request, provider: ProviderDep, settings: SettingsDep, next: str = "/") -> Response:
    asked = Asked.fresh(local_path(next))
    try:
        address = await provider.address(asked)
    except ProviderRefused as refused:
        return _refused(request, settings, asked.next, refused)
    answer = RedirectResponse(address, 303)
    kept = seal(json.dumps([time.time(), asdict(asked)]), about=_COOKIE, keys=settings.payload_keyring)
    secure = settings.public_url.startswith("https:")
    answer.set_cookie(_COOKIE, kept, max_age=_LASTS, path=START, secure=secure, httponly=True, samesite="lax")
    return answer


@router.get(f"{START}/return")
async def come_back(
    request: Request,
    provider: ProviderDep,
    settings: SettingsDep,
    database: DatabaseDep,
    state: str = "",
    code: str = "",
) -> Response:
    asked = _asked(request, settings)
    if asked is None or not hmac.compare_digest(asked.state.encode(), state.encode("utf-8", "surrogatepass")) or not code:
        next = asked.next if asked else "/"
        return _refused(request, settings, next, ProviderRefused("it was not asked, or has refused"))
    try:
        account = await provider.account(asked, code)
    except ProviderRefused as refused:
        return _refused(request, settings, asked.next, refused)
    async with database.transaction() as session:
        found = await sign_in_by_openid(session, account, now=await database.clock.now(session))
    if found is None:
        return _refused(request, settings, asked.next, ProviderRefused("nobody of ours has this account"))
    answer = signed_in(request, found, settings, next=asked.next)
    answer.delete_cookie(_COOKIE, path=START)
    return answer


def _asked(request: Request, settings: Settings) -> Asked | None:
    try:
        kept = unseal(request.cookies.get(_COOKIE, ""), about=_COOKIE, keys=settings.payload_keyring)
    except (CannotUnseal, ValueError):
        return None
    since, asked = json.loads(kept)
    return Asked(**asked) if time.time() - since < _LASTS else None


def _refused(request: Request, settings: Settings, next: str, refused: ProviderRefused) -> Response:
    away = isinstance(refused, ProviderAway)
    log.warning("provider away" if away else "provider refused", reason=str(refused))
    refusal, status = ("openid_away", 503) if away else ("openid", 401)
    answer = sign_in_form(request, settings, next=next, refusal=refusal, status=status)
    answer.delete_cookie(_COOKIE, path=START)
    return answer
