"""Events in: CloudEvents 1.0 over HTTP, in structured, batched and binary mode."""

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPBearer

from api.event_views import Answers, answer_events
from api.intake import ChannelKeysDep, IntakeDep
from orchestrator.intake.reading import (
    BATCH,
    MAX_BODY_BYTES,
    STRUCTURED,
    ContentMode,
    RequestRefused,
    Submitted,
    TooLarge,
    content_mode,
    read_submitted,
    text_of_request,
)

router = APIRouter(prefix="/v1/events", tags=["events"])

_KEY = HTTPBearer(auto_error=False, scheme_name="Channel key", description="A key printed by `ringback channel add`.")
_READ_ON = 4 * MAX_BODY_BYTES  # so much of a body that is too large is taken from the line, for its sender to hear the answer
_EXAMPLE = {
    "specversion": "1.0",
    "id": "e-1042",
    "source": "/shop/web",
    "type": "checkout.started",
    "subject": "customer-77",
    "time": "2026-03-02T09:00:00Z",
    "data": {"cart_id": "c-9", "total": 480},
}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            STRUCTURED: {"schema": {"type": "object"}, "example": _EXAMPLE},
            BATCH: {"schema": {"type": "array", "maxItems": 1000, "items": {"type": "object"}}, "example": [_EXAMPLE]},
            "application/json": {
                "schema": {"description": "Binary mode: the data alone; the attributes are `ce-` headers."},
                "example": _EXAMPLE["data"],
            },
        },
    }
}


@router.post(
    "",
    status_code=202,
    summary="Report events; each gets its verdict",
    response_class=Response,
    responses={
        202: {"model": Answers, "description": "At least one event was accepted, or is known."},
        422: {"model": Answers, "description": "No event was accepted; each says why."},
    },
    openapi_extra=_BODY,
    dependencies=[Depends(_KEY)],
    max_body_size=1 << 40,  # we count ourselves: what is too large is refused as ours, and kept
)
async def take_events(request: Request, keys: ChannelKeysDep, intake: IntakeDep) -> Response:
    """`202` when at least one event was accepted or is a copy of one that was, else `422`. Accepted means committed."""
    channel = await keys.channel(request.headers.get("authorization"))
    reader = _Reader(request)
    try:
        submitted = await reader.submitted()
    except RequestRefused as refused:
        await intake.refuse(channel, refused, reader.text)
        raise
    return answer_events(await intake.submit(channel, submitted), accepted=202)


class _Reader:
    """Reads the events of a request; `text` is what a refusal leaves of it."""

    def __init__(self, request: Request) -> None:
        self._request, self._headers = request, request.headers.items()
        self._mode: ContentMode | None = None
        self._body = b""

    @property
    def text(self) -> bytes:
        return text_of_request(self._mode, self._headers, self._body)

    async def submitted(self) -> list[Submitted]:
        await self._receive()
        self._mode = content_mode(self._headers)
        return read_submitted(self._mode, self._headers, self._body)

    async def _receive(self) -> None:
        parts, length = [], 0
        async for part in self._request.stream():
            length += len(part)
            if length <= MAX_BODY_BYTES:
                parts.append(part)
            elif length > _READ_ON:
                break
        self._body = b"".join(parts)
        if length > MAX_BODY_BYTES:
            raise TooLarge("the body is over 4 MB", field="body", fix="send it in parts")
