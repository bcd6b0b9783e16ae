"""Dial with numbers: they ring together or one after the other, and the first who is ready is connected."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from orchestrator.embedded.carrier.call import CANCELED, HUNG_UP, Call, CallStatus, Direction, Order
from orchestrator.embedded.carrier.pace import race
from orchestrator.embedded.carrier.phones import Behaviour
from orchestrator.embedded.carrier.twiml import Dial
from orchestrator.embedded.carrier.wire import is_reachable

if TYPE_CHECKING:
    from orchestrator.embedded.carrier.exchange import Exchange

INVALID_NUMBER = 13224
NOT_BRIDGED = "false"


async def dial_numbers(call: Call, dial: Dial, orders: Sequence[Order], exchange: Exchange) -> dict[str, str]:
    """Connect `call` with the first leg that is ready, until one of them ends. Returns the fields of Dial's action.

    Legs that lose, and all of them when `call` ends first, are cancelled or hung up.
    """
    fields = {"DialCallStatus": str(CallStatus.FAILED), "DialBridged": NOT_BRIDGED}
    for group in [[order] for order in orders] if dial.sequential else [list(orders)]:
        legs = [exchange.place(order, Direction.DIAL, parent=call) for order in group if _callable(call, order, exchange)]
        try:
            winner = await _first_ready(legs)
            if winner is not None:
                return await _bridge(call, winner, legs, dial.limit, exchange)
        finally:
            _let_go(legs)
        if legs:
            fields = {
                "DialCallStatus": str(legs[0].status),
                "DialCallSid": legs[0].sid,
                "DialCallDuration": str(legs[0].seconds),
                "DialBridged": NOT_BRIDGED,
            }
    return fields


def _callable(call: Call, order: Order, exchange: Exchange) -> bool:
    if is_reachable(order.to) and exchange.phones.current(order.to).behaviour is not Behaviour.INVALID:
        return True
    exchange.phones.ring(order.to)
    call.errors.append(INVALID_NUMBER)
    return False


async def _first_ready(legs: Sequence[Call]) -> Call | None:
    waiting = list(legs)
    while waiting:
        ways = {leg.bridgeable for leg in waiting} | {leg.released for leg in waiting}
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        ready = next((leg for leg in waiting if leg.bridgeable.done()), None)
        if ready is not None:
            return ready
        waiting = [leg for leg in waiting if not leg.released.done()]
    return None


async def _bridge(call: Call, winner: Call, legs: Sequence[Call], limit: float, exchange: Exchange) -> dict[str, str]:
    _let_go([leg for leg in legs if leg is not winner])
    exchange.connect(call)
    exchange.connect(winner)
    since = asyncio.get_running_loop().time()
    await race(exchange.pace.sleep(limit), winner.released)
    return {
        "DialCallStatus": str(CallStatus.COMPLETED),
        "DialCallSid": winner.sid,
        "DialCallDuration": str(round(exchange.pace.since(since))),
        "DialBridged": "true",
    }


def _let_go(legs: Sequence[Call]) -> None:
    for leg in legs:
        if not leg.released.done():  # A connected leg that was redirected lives its own life.
            leg.end(HUNG_UP if leg.status is CallStatus.IN_PROGRESS else CANCELED)
