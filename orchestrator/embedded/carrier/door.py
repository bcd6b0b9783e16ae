"""What every REST request passes on its way in and out: credentials, faults, Twilio's error bodies."""

import asyncio
import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orchestrator.embedded.carrier.callbacks import Lane
from orchestrator.embedded.carrier.dropping import Dropped
from orchestrator.embedded.carrier.faults import REQUEST_FAULTS, FaultKind, Faults, Struck
from orchestrator.embedded.carrier.refusals import (
    Refused,
    not_found,
    server_error,
    too_many_requests,
    unauthorized,
    unavailable,
)

FIRST_CALLBACK = 5.0  # seconds an answer waits for the first callback to go out before it


class Values:
    """Form or query values: a name may come more than once, and blank ones count as absent."""

    def __init__(self, encoded: str) -> None:
        self._values = parse_qs(encoded)

    def get(self, name: str) -> str | None:
        return self._values.get(name, [None])[0]

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])


@dataclass(frozen=True, slots=True)
class Asked:
    """A REST request, read."""

    method: str
    path: str
    params: Mapping[str, str]
    form: Values
    query: Values


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer; `lane` has the callbacks of what was created."""

    body: Mapping[str, Any] | None
    status: int = 200
    lane: Lane | None = None


Handler = Callable[[Asked], Answer]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one account there is."""

    account_sid: str
    auth_token: SecretStr

    def match(self, header: str, account_sid: str) -> bool:
        """Whether an Authorization header is the account's, and the path is of the same account."""
        pair = f"{self.account_sid}:{self.auth_token.get_secret_value()}"
        expected = "Basic " + base64.b64encode(pair.encode()).decode()
        return hmac.compare_digest(header.encode(), expected.encode()) and account_sid == self.account_sid


class Door:
    """Turns handlers into routes, each behind credentials and faults."""

    def __init__(self, credentials: Credentials, faults: Faults) -> None:
        self._credentials, self._faults = credentials, faults

    def route(self, path: str, **handlers: Handler) -> Route:
        """Serve `path` under the account, with a handler for each method."""

        async def endpoint(request: Request) -> Response:
            return await self._serve(request, handlers)

        return Route("/Accounts/{account_sid}" + path, endpoint, methods=["GET", "POST", "PUT", "DELETE"])

    async def _serve(self, request: Request, handlers: Mapping[str, Handler]) -> Response:
        asked = await _read(request)
        try:
            if not self._credentials.match(request.headers.get("authorization", ""), asked.params["account_sid"]):
                raise unauthorized()
            handler = handlers.get(asked.method)
            if handler is None:
                raise not_found(asked.path)
            return await self._answer(handler, asked)
        except Refused as refused:
            return JSONResponse(refused.body(), refused.status)

    async def _answer(self, handler: Handler, asked: Asked) -> Response:
        to = asked.form.get("To")
        struck = self._faults.strike(REQUEST_FAULTS, path=asked.path, to=to, method=asked.method)
        if FaultKind.SLOW in struck:
            await asyncio.sleep(struck[FaultKind.SLOW].seconds)
        if FaultKind.DROP_BEFORE in struck:
            return Dropped()
        if FaultKind.TOO_MANY_REQUESTS in struck:
            raise too_many_requests()
        _break(struck, processed=False)
        answer = handler(asked)
        await self._delay(struck, answer)
        _break(struck, processed=True)
        if FaultKind.ACCEPT_AND_DROP in struck:
            return Dropped()
        return Response(status_code=answer.status) if answer.body is None else JSONResponse(answer.body, answer.status)

    async def _delay(self, struck: Struck, answer: Answer) -> None:
        """Keep back an answer whose work is done."""
        if FaultKind.BEFORE_RESPONSE in struck and answer.lane is not None:
            await asyncio.wait({asyncio.ensure_future(answer.lane.first.wait())}, timeout=FIRST_CALLBACK)
        if FaultKind.HOLD in struck:
            await self._faults.hold()


def _break(struck: Struck, *, processed: bool) -> None:
    for kind, failure in ((FaultKind.SERVER_ERROR, server_error), (FaultKind.UNAVAILABLE, unavailable)):
        if kind in struck and struck[kind].processed is processed:
            raise failure()


async def _read(request: Request) -> Asked:
    body = await request.body()
    return Asked(
        method=request.method,
        path=request.url.path,
        params=request.path_params,
        form=Values(body.decode("utf-8", "replace")),
        query=Values(request.url.query),
    )
