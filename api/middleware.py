"""What surrounds every request: an id in its logs and answers, its duration, and an answer when all else failed."""

import re
import time
import uuid

from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.errors import unexpected
from api.problems import Problem
from orchestrator.insights.metrics import observe_request

# Bytes. Intake's own limit is lower and said by itself; nothing else comes near it.
LARGEST_BODY = 6_000_000
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


class RequestContext:
    """Plain ASGI, because it stands before every request: binds `request_id`, measures, and turns a bug into a 500."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given_id(scope) or uuid.uuid4().hex
        answer = _Answer(send, request_id)
        started = time.perf_counter()
        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, _Counted(scope, receive), answer.send)
            except _TooLarge:
                await _too_large(request_id)(scope, receive, answer.send)
            except Exception as error:  # a bug of ours: nothing outside would answer as a problem document
                if answer.status is not None:
                    raise
                await unexpected(error, Request(scope))(scope, receive, answer.send)
        observe_request(scope["method"], _route(scope), answer.status or 500, time.perf_counter() - started)


class _Answer:
    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self._request_id = send, request_id.encode()
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            message["headers"] = [*headers, (b"x-request-id", self._request_id), (b"x-content-type-options", b"nosniff")]
        await self._send(message)


class _TooLarge(BaseException):
    """Not an `Exception`: nothing on the way may take it for a malformed body."""


class _Counted:
    """The request's body, as far as it may go."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive, self._size = receive, 0
        self._announced = _announced(scope)

    async def __call__(self) -> Message:
        if self._announced > LARGEST_BODY:
            raise _TooLarge
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > LARGEST_BODY:
            raise _TooLarge
        return message


def _announced(scope: Scope) -> int:
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(length) if length.isdigit() else 0


def _too_large(request_id: str) -> JSONResponse:
    fix = f"send at most {LARGEST_BODY} bytes"
    problem = Problem.of("content_too_large", 413, "the body is too large", field="body", fix=fix)
    return problem.model_copy(update={"request_id": request_id}).response({"Connection": "close"})


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return None


def _route(scope: Scope) -> str:
    # The route's template, never the path: a path holds ids.
    return getattr(scope.get("route"), "path", "unknown")
