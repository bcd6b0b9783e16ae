"""The codec endpoint that Temporal's pages ask to show what is encrypted (`POST /codec/decode`)."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from api.dependencies import Session, SettingsDep, principal, require
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import Unauthenticated
from orchestrator.settings import Settings
from workflows.decoding import decode_payloads

router = APIRouter(prefix="/codec", tags=["operations"])

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Payloads(BaseModel):
    """Payloads as Temporal's API writes them: metadata and data in base64."""

    payloads: list[dict[str, Any]]  # the shape is Temporal's, and a codec passes on what it does not know


def is_from_our_ui(request: Request, settings: Settings) -> bool:
    """Tell a page of Temporal's UI that a browser on this very machine shows: it has no token of ours to send.

    Whoever comes through a proxy is somewhere else, whatever its address.
    """
    local = request.client is not None and request.client.host in _LOOPBACK
    proxied = any(name in request.headers for name in _FORWARDED)
    return local and not proxied and settings.temporal_ui is not None and request.headers.get("origin") == settings.temporal_ui


async def may_decode(request: Request, settings: SettingsDep, session: Session) -> None:
    """Let in Temporal's own pages on this machine, and supervisors. Raises `Unauthenticated`, `Forbidden`."""
    if is_from_our_ui(request, settings):
        return
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Unauthenticated("a bearer token is needed")
    await require(Scope.SUPERVISOR)(await principal(session, secret))


@router.post("/decode", dependencies=[Depends(may_decode)], summary="Decrypt Temporal payloads")
async def decode(body: Payloads, request: Request, response: Response, settings: SettingsDep) -> Payloads:
    response.headers.update(_cors(request, settings))
    keys = [(key.key_id, key.secret) for key in settings.payload_keyring]
    return Payloads(payloads=await decode_payloads(keys, body.payloads))


@router.options("/decode", include_in_schema=False)
async def preflight(request: Request, settings: SettingsDep) -> Response:
    """Answer the browser's question whether Temporal's pages may ask."""
    return Response(status_code=204, headers=_cors(request, settings))


def _cors(request: Request, settings: Settings) -> dict[str, str]:
    if settings.temporal_ui is None or request.headers.get("origin") != settings.temporal_ui:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": settings.temporal_ui,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Namespace",
        "Vary": "Origin",
    }
