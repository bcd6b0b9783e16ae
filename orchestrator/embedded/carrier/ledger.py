"""The record by which double dialling is judged: every call that was created, by number and attempt."""

from collections.abc import Iterable
from typing import Any

from orchestrator.embedded.carrier.call import Call, Direction
from orchestrator.embedded.carrier.messages import Message
from orchestrator.embedded.carrier.wire import rfc3339


def call_rows(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return a row for each call to a phone, oldest first; calls from phones ring none and are left out.

    `attempt` is the query parameter of that name in the call's URLs, `at` the creation, `ending` the final status or
    null. `rang` is null for a call that ended before its phone rang (canceled in the queue, busy, unreachable).
    """
    return [
        {
            "to": call.order.to,
            "from": call.order.from_,
            "attempt": call.order.attempt,
            "sid": call.sid,
            "at": rfc3339(call.created_at),
            "ending": str(call.status) if call.final else None,
            "rang": rfc3339(call.rang_at),
            "parent": call.parent.sid if call.parent else None,
        }
        for call in calls
        if call.direction is not Direction.INBOUND
    ]


def call_state(call: Call) -> dict[str, Any]:
    """Return what the simulator knows of a call beyond REST: its error codes and how it was answered."""
    return {
        "sid": call.sid,
        "to": call.order.to,
        "from": call.order.from_,
        "direction": str(call.direction),
        "status": str(call.status),
        "attempt": call.order.attempt,
        "answered_by": call.answered_by,
        "seconds": call.seconds,
        "errors": list(call.errors),
        "at": rfc3339(call.created_at),
        "ended": rfc3339(call.ended_at),
    }


def message_state(message: Message) -> dict[str, Any]:
    """Return a message with its text, for judging what customers were told."""
    return {
        "sid": message.sid,
        "to": message.text.to,
        "from": message.text.from_,
        "body": message.text.body,
        "direction": message.direction,
        "status": str(message.status),
        "error": message.error,
        "message": message.token,
        "at": rfc3339(message.created_at),
    }
