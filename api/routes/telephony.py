"""The carrier's webhooks. Signed by our account or refused; each is answered when its transaction has committed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, SettingsDep
from orchestrator.errors import NoSuch
from orchestrator.telephony.callbacks import Callbacks
from orchestrator.telephony.signatures import Form, Gatekeeper
from orchestrator.telephony.texts import TextCallbacks
from orchestrator.telephony.twiml import MEDIA_TYPE
from orchestrator.telephony.urls import Voice

# Not in the API's documentation: nobody but the carrier may call these, at URLs it was given.
router = APIRouter(prefix="/telephony", tags=["telephony"], include_in_schema=False)


async def verified(request: Request, settings: SettingsDep, x_twilio_signature: Annotated[str | None, Header()] = None) -> Form:
    """Return the form, signed for the URL under which we are known: the carrier never saw the one we are reached at inside.

    Path and query are taken as their bytes came: neither is re-encoded nor re-ordered. Raises `NotFromCarrier`.
    """
    form = Form.read(await request.body())
    path, query = request.scope["raw_path"].decode("latin-1"), request.scope["query_string"].decode("latin-1")
    url = settings.public_url + path + (f"?{query}" if query else "")
    Gatekeeper.of(settings).check(url, form, x_twilio_signature)
    return form


def callbacks(database: DatabaseDep, settings: SettingsDep) -> Callbacks:
    return Callbacks(database, settings)


def text_callbacks(database: DatabaseDep, settings: SettingsDep) -> TextCallbacks:
    return TextCallbacks(database, settings)


Verified = Annotated[Form, Depends(verified)]
Calls = Annotated[Callbacks, Depends(callbacks)]
Texts = Annotated[TextCallbacks, Depends(text_callbacks)]
Token = Annotated[str, Query(min_length=1, max_length=64)]
Repeat = Annotated[str | None, Header(alias="I-Twilio-Idempotency-Token", max_length=255)]


@router.post("/voice/{document}")
async def voice(
    document: Voice, attempt: Token, form: Verified, calls: Calls, turn: int = 0, repeat: Repeat = None
) -> Response:
    return _twiml(await calls.voice(document, attempt, form, turn=turn, repeat=repeat))


@router.post("/status", status_code=204)
async def status(attempt: Token, form: Verified, calls: Calls, repeat: Repeat = None) -> None:
    _known(await calls.status(attempt, form, repeat=repeat))


@router.post("/machine", status_code=204)
async def machine(attempt: Token, form: Verified, calls: Calls, repeat: Repeat = None) -> None:
    _known(await calls.machine(attempt, form, repeat=repeat))


@router.post("/conference", status_code=204)
async def conference(attempt: Token, form: Verified, calls: Calls, repeat: Repeat = None) -> None:
    _known(await calls.conference(attempt, form, repeat=repeat))


@router.post("/sms-status", status_code=204)
async def sms_status(message: Token, form: Verified, texts: Texts, repeat: Repeat = None) -> None:
    _known(await texts.status(message, form, repeat=repeat))


@router.post("/sms")
async def sms(form: Verified, texts: Texts, repeat: Repeat = None) -> Response:
    return _twiml(await texts.received(form, repeat=repeat))


def _known(found: bool) -> None:
    if not found:
        raise NoSuch("no such token")


def _twiml(document: str) -> Response:
    return Response(document, media_type=MEDIA_TYPE)
