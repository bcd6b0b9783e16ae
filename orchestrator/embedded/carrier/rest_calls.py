"""REST: calls."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from starlette.routing import Route

from orchestrator.embedded.carrier.call import Call, CallStatus
from orchestrator.embedded.carrier.door import Answer, Asked, Door, Values
from orchestrator.embedded.carrier.exchange import Exchange
from orchestrator.embedded.carrier.orders import call_order, source_of_update
from orchestrator.embedded.carrier.paging import page
from orchestrator.embedded.carrier.refusals import bad_parameter, not_found
from orchestrator.embedded.carrier.wire import API_VERSION, rfc2822

TIME_FILTERS = ("StartTime", "StartTime<", "StartTime>", "EndTime", "EndTime<", "EndTime>")
FILTERS = ("To", "From", "ParentCallSid", "Status", *TIME_FILTERS)
SUBRESOURCES = ("events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions")


class CallResources:
    """`/Calls`: create, list, fetch, update."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self, door: Door) -> list[Route]:
        return [
            door.route("/Calls.json", GET=self._list, POST=self._create),
            door.route("/Calls/{sid}.json", GET=self._fetch, POST=self._update),
        ]

    def _create(self, asked: Asked) -> Answer:
        call = self._exchange.place(call_order(asked.form, self._exchange.config, self._exchange.phones))
        return Answer(self._render(call), 201, call.lane)

    def _fetch(self, asked: Asked) -> Answer:
        return Answer(self._render(self._find(asked)))

    def _update(self, asked: Asked) -> Answer:
        call, status = self._find(asked), asked.form.get("Status")
        if status not in (None, "canceled", "completed"):
            raise bad_parameter("Status")
        self._exchange.change(call, status=status, source=source_of_update(asked.form))
        return Answer(self._render(call))

    def _list(self, asked: Asked) -> Answer:
        fits = _fitting(asked.query)
        calls = [call for call in reversed(self._exchange.calls.values()) if fits(call)]
        return Answer(page(asked, "calls", calls, self._render, FILTERS))

    def _find(self, asked: Asked) -> Call:
        call = self._exchange.calls.get(asked.params["sid"])
        if call is None:
            raise not_found(asked.path)
        return call

    def _render(self, call: Call) -> dict[str, Any]:
        account = self._exchange.account_sid
        uri = f"/{API_VERSION}/Accounts/{account}/Calls/{call.sid}"
        return {
            "sid": call.sid,
            "account_sid": account,
            "api_version": API_VERSION,
            "annotation": None,
            "answered_by": call.answered_by,
            "caller_name": None,
            "date_created": rfc2822(call.created_at),
            "date_updated": rfc2822(call.updated_at or call.created_at),
            "direction": str(call.direction),
            "duration": str(call.seconds) if call.final and call.answered is not None else None,
            "end_time": rfc2822(call.ended_at),
            "forwarded_from": None,
            "from": call.order.from_,
            "from_formatted": call.order.from_,
            "group_sid": None,
            "parent_call_sid": call.parent.sid if call.parent else None,
            "phone_number_sid": None,
            "price": None,
            "price_unit": "USD",
            "queue_time": str(call.queue_ms),
            "start_time": rfc2822(call.dialed_at),
            "status": rest_status(call),
            "subresource_uris": {name: f"{uri}/{name.title()}.json" for name in SUBRESOURCES},
            "to": call.order.to,
            "to_formatted": call.order.to,
            "trunk_sid": None,
            "uri": f"{uri}.json",
        }


def rest_status(call: Call) -> str:
    """`initiated` appears in callbacks only (twilio-notes, 2)."""
    return str(CallStatus.QUEUED if call.status is CallStatus.INITIATED else call.status)


def _fitting(query: Values) -> Callable[[Call], bool]:
    """Return the test a call must pass to be listed. A call never dialled has no start, and passes no filter on it."""
    wanted: Sequence[tuple[str | None, Callable[[Call], str | None]]] = (
        (query.get("To"), lambda call: call.order.to),
        (query.get("From"), lambda call: call.order.from_),
        (query.get("Status"), rest_status),
        (query.get("ParentCallSid"), lambda call: call.parent.sid if call.parent else None),
    )
    exact = [(value, of) for value, of in wanted if value is not None]
    times = [(name, bound) for name in TIME_FILTERS if (bound := query.get(name)) is not None]
    return lambda call: (
        all(of(call) == value for value, of in exact)
        and all(_in_time(call.dialed_at if name.startswith("Start") else call.ended_at, name, bound) for name, bound in times)
    )


def _in_time(moment: datetime | None, name: str, bound: str) -> bool:
    """`<` and `>` include the bound; a bare date is a whole UTC day."""
    if moment is None:
        return False
    try:
        limit = datetime.fromisoformat(bound)
    except ValueError as error:
        raise bad_parameter(name.rstrip("<>")) from error
    if len(bound) == len("2026-01-01"):
        return _compare(moment.astimezone(UTC).date(), limit.date(), name)
    return _compare(moment.replace(microsecond=0), limit if limit.tzinfo else limit.replace(tzinfo=UTC), name)


def _compare(moment: date, limit: date, name: str) -> bool:
    if name.endswith("<"):
        return moment <= limit
    return moment >= limit if name.endswith(">") else moment == limit
