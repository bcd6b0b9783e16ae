"""The simulator's own pages under `/_sim`: scripts for phones, faults, settings, and what happened."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from orchestrator.embedded.carrier.call import Direction, Fetch, Order
from orchestrator.embedded.carrier.config import Config
from orchestrator.embedded.carrier.exchange import Exchange
from orchestrator.embedded.carrier.faults import FaultPlan
from orchestrator.embedded.carrier.ledger import call_rows, call_state, message_state
from orchestrator.embedded.carrier.messages import Messages, Text
from orchestrator.embedded.carrier.phones import Phone
from orchestrator.embedded.carrier.webhooks import Hook


class InboundCall(BaseModel):
    """A phone calls one of the account's numbers."""

    model_config = ConfigDict(extra="forbid")

    to: str


class InboundMessage(BaseModel):
    """A phone writes to one of the account's numbers."""

    model_config = ConfigDict(extra="forbid")

    to: str
    body: str = Field(max_length=1600)


def control_router(exchange: Exchange, messages: Messages) -> APIRouter:
    """Return the routes; none of them asks for credentials: the simulator listens on the machine itself."""
    router = APIRouter(prefix="/_sim")
    _add_settings(router, exchange)
    _add_faults(router, exchange)
    _add_phones(router, exchange, messages)
    _add_records(router, exchange, messages)
    return router


def _add_settings(router: APIRouter, exchange: Exchange) -> None:
    @router.get("/config")
    async def read_config() -> Config:
        return exchange.config

    @router.put("/config")
    async def change_config(change: Config) -> Config:
        """Change the settings that are given; those left out stay as they are."""
        given = {name: getattr(change, name) for name in change.model_fields_set}
        exchange.configure(exchange.config.model_copy(update=given))
        return exchange.config


def _add_faults(router: APIRouter, exchange: Exchange) -> None:
    @router.get("/faults")
    async def read_faults() -> dict[str, Any]:
        return exchange.faults.state()

    @router.put("/faults")
    async def put_faults(plan: FaultPlan) -> dict[str, Any]:
        """Replace all faults."""
        exchange.faults.put(plan)
        return exchange.faults.state()

    @router.delete("/faults", status_code=204)
    async def clear_faults() -> None:
        """Clear all faults, and let held answers go."""
        exchange.faults.put(FaultPlan())
        exchange.faults.release()

    @router.post("/release")
    async def release() -> dict[str, int]:
        """Let every held answer go."""
        return {"released": exchange.faults.release()}


def _add_phones(router: APIRouter, exchange: Exchange, messages: Messages) -> None:
    @router.get("/phones")
    async def list_phones() -> dict[str, list[Phone]]:
        return exchange.phones.all()

    @router.put("/phones/{number}")
    async def put_phone(number: str, script: Phone | list[Phone]) -> list[Phone]:
        """Script a phone. Of a list, each call uses the next script, and the last one stays."""
        exchange.phones.put(number, script if isinstance(script, list) else [script])
        return exchange.phones.all()[number]

    @router.delete("/phones/{number}", status_code=204)
    async def remove_phone(number: str) -> None:
        exchange.phones.remove(number)

    @router.post("/phones/{number}/calls", status_code=201)
    async def call_in(number: str, inbound: InboundCall) -> dict[str, Any]:
        """Let a phone call a number of the account; its voice URL is asked while it rings."""
        url = exchange.config.voice_url_of(inbound.to)
        order = Order(to=inbound.to, from_=number, source=None if url is None else Fetch(Hook(url)))
        return call_state(exchange.place(order, Direction.INBOUND))

    @router.post("/phones/{number}/messages", status_code=201)
    async def write_in(number: str, inbound: InboundMessage) -> dict[str, Any]:
        """Let a phone write to a number of the account; its SMS URL is asked."""
        return message_state(messages.receive(Text(to=inbound.to, from_=number, body=inbound.body)))


def _add_records(router: APIRouter, exchange: Exchange, messages: Messages) -> None:
    @router.get("/ledger")
    async def read_ledger() -> list[dict[str, Any]]:
        """Every call to a phone, oldest first: `to`, `from`, `attempt`, `sid`, `at`, `ending`."""
        return call_rows(exchange.calls.values())

    @router.get("/calls")
    async def read_calls() -> list[dict[str, Any]]:
        return [call_state(call) for call in exchange.calls.values()]

    @router.get("/messages")
    async def read_messages() -> list[dict[str, Any]]:
        return [message_state(message) for message in messages.by_sid.values()]

    @router.post("/reset", status_code=204)
    async def reset() -> Response:
        """Forget all calls, rooms, messages, scripts and faults; settings stay."""
        exchange.faults.put(FaultPlan())
        exchange.faults.release()
        await exchange.reset()
        messages.clear()
        return Response(status_code=204)
