"""The simulator's application: Twilio's REST paths, and its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse
from starlette.routing import Mount

from orchestrator.embedded.carrier.config import Config
from orchestrator.embedded.carrier.control import control_router
from orchestrator.embedded.carrier.door import Answer, Asked, Credentials, Door
from orchestrator.embedded.carrier.exchange import Exchange
from orchestrator.embedded.carrier.messages import Messages
from orchestrator.embedded.carrier.refusals import not_found
from orchestrator.embedded.carrier.rest_calls import CallResources
from orchestrator.embedded.carrier.rest_conferences import ConferenceResources
from orchestrator.embedded.carrier.rest_messages import MessageResources
from orchestrator.embedded.carrier.webhooks import Webhooks
from orchestrator.embedded.carrier.wire import API_VERSION


def carrier_app(credentials: Credentials, config: Config) -> FastAPI:
    """Wire a simulator for one account. Its state lives in memory, and ends with the process."""
    webhooks = Webhooks(credentials.auth_token.get_secret_value())
    exchange = Exchange(credentials.account_sid, webhooks, config)
    messages = Messages(exchange)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await exchange.tasks.cancel_all()
        await webhooks.close()

    app = FastAPI(
        title="Ringback carrier simulator",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/_sim/openapi.json",
    )
    app.state.faults = exchange.faults
    app.include_router(control_router(exchange, messages))
    app.add_api_route("/healthz", _health)
    app.add_exception_handler(RequestValidationError, _bad_input)
    app.router.routes.append(_rest(credentials, exchange, messages))
    return app


def _rest(credentials: Credentials, exchange: Exchange, messages: Messages) -> Mount:
    door = Door(credentials, exchange.faults)
    account = _Account(credentials.account_sid)
    routes = [
        *CallResources(exchange).routes(door),
        *ConferenceResources(exchange).routes(door),
        *MessageResources(exchange, messages).routes(door),
        door.route(".json", GET=account.fetch),
        door.route("/{rest:path}", GET=account.unknown, POST=account.unknown, DELETE=account.unknown),
    ]
    return Mount(f"/{API_VERSION}", routes=routes)


class _Account:
    def __init__(self, account_sid: str) -> None:
        self._account_sid = account_sid

    def fetch(self, asked: Asked) -> Answer:
        return Answer(
            {
                "sid": self._account_sid,
                "friendly_name": "Simulated account",
                "owner_account_sid": self._account_sid,
                "status": "active",
                "type": "Full",
                "date_created": None,
                "date_updated": None,
                "subresource_uris": {},
                "uri": asked.path,
            }
        )

    def unknown(self, asked: Asked) -> Answer:
        raise not_found(asked.path)


async def _health() -> dict[str, str]:
    return {"status": "ok"}


async def _bad_input(_: Request, error: Exception) -> JSONResponse:
    """Name every field that does not fit, without repeating what was given."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    problems = [{"field": ".".join(str(part) for part in one["loc"]), "problem": one["msg"]} for one in found]
    body = {"type": "about:blank", "title": "Bad input", "status": 422, "errors": problems}
    return JSONResponse(body, 422, media_type="application/problem+json")
