"""The `Carrier` that is Twilio, through its official client, or whatever speaks the same REST API at another address.

The synchronous client in threads of our own: the asynchronous one ignores its timeout and can repeat a POST, which is to
dial twice (twilio-notes, 1). Nothing below this module repeats a POST either.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import NameResolutionError, NewConnectionError

from orchestrator.telephony.ports import (
    CallOrder,
    CallStatus,
    CarrierCall,
    CarrierMessage,
    CarrierUnavailable,
    CarrierUnclear,
    MessageOrder,
)
from orchestrator.telephony.refusals import of_creation, of_repeatable

Answer = TypeVar("Answer")

CONNECT = 5.0  # seconds until somebody is there
READ = 10.0  # seconds between two bytes of an answer
SUBMIT_LIMIT = timedelta(seconds=30)  # an answer to a POST that is later than this does not come any more
_THREADS = 16
_PAGE = 50
_EVENTS = ["initiated", "ringing", "answered", "completed"]

# The client logs URLs with their query, and so phone numbers, at INFO; urllib3 does at DEBUG (twilio-notes, 1).
_SILENT = logging.Logger("ringback.carrier.silent", level=logging.CRITICAL + 1)
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class TwilioCarrier:
    """Twilio's account `account_sid`. `base_url` replaces scheme and host of every request; None is Twilio itself.

    `read` is how many seconds the carrier may be silent in the middle of an answer.
    """

    def __init__(self, account_sid: str, auth_token: str, *, base_url: str | None = None, read: float = READ) -> None:
        # A region or edge in the environment would silently change the host; empty values here keep it from being read.
        self._client = Client(
            account_sid,
            auth_token,
            http_client=_HttpClient(base_url, (CONNECT, read)),
            environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""},
        )
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="carrier")

    def close(self) -> None:
        """Let the threads go; a request under way ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def place(self, order: CallOrder) -> CarrierCall:
        return await self._create(lambda: _call(self._client.calls.create(**_creation(order))))

    async def fetch(self, sid: str) -> CarrierCall:
        return await self._repeatable(lambda: _call(self._client.calls(sid).fetch()))

    async def find(self, *, to: str, from_: str, since: datetime) -> Sequence[CarrierCall]:
        calls = self._client.calls
        return _since(await self._repeatable(lambda: [_call(one) for one in calls.list(to, from_, limit=_PAGE)]), since)

    async def end(self, sid: str) -> CarrierCall:
        return await self._repeatable(lambda: _call(self._client.calls(sid).update(status="completed")))

    async def cancel(self, sid: str) -> CarrierCall:
        return await self._repeatable(lambda: _call(self._client.calls(sid).update(status="canceled")))

    async def redirect(self, sid: str, url: str) -> CarrierCall:
        return await self._repeatable(lambda: _call(self._client.calls(sid).update(url=url, method="POST")))

    async def send(self, order: MessageOrder) -> CarrierMessage:
        return await self._create(lambda: _message(self._client.messages.create(**_writing(order))))

    async def find_messages(self, *, to: str, from_: str, since: datetime) -> Sequence[CarrierMessage]:
        messages = self._client.messages
        return _since(await self._repeatable(lambda: [_message(one) for one in messages.list(to, from_, limit=_PAGE)]), since)

    async def _create(self, request: Callable[[], Answer]) -> Answer:
        try:
            return await self._in_thread(request)
        except TwilioException as error:
            raise of_creation(*_status_and_code(error)) from None  # its text holds numbers
        except RequestException as error:
            if _never_connected(error):
                raise CarrierUnavailable(type(error).__name__) from None
            raise CarrierUnclear(type(error).__name__) from None
        except Exception as error:  # An answer that cannot be read says nothing about the call it answers.
            raise CarrierUnclear(type(error).__name__) from None

    async def _repeatable(self, request: Callable[[], Answer]) -> Answer:
        try:
            return await self._in_thread(request)
        except TwilioException as error:
            raise of_repeatable(*_status_and_code(error)) from None
        except (RequestException, ValueError, TypeError, AttributeError) as error:  # no answer, or not one of Twilio's
            raise CarrierUnavailable(type(error).__name__) from None

    async def _in_thread(self, request: Callable[[], Answer]) -> Answer:
        # A caller who goes away takes a request with it that has not begun; one that has begun cannot be taken back.
        return await asyncio.get_running_loop().run_in_executor(self._executor, copy_context().run, request)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # the package has no types
    """Twilio's own HTTP client, sent elsewhere where asked, with timeouts, without logs, each request a new connection."""

    def __init__(self, base_url: str | None, timeouts: tuple[float, float]) -> None:
        super().__init__(logger=_SILENT, max_retries=None)
        self.timeout = timeouts
        self._base = None if base_url is None else urlsplit(base_url.rstrip("/"))
        if self._base is not None and self._base.hostname in ("127.0.0.1", "localhost", "::1"):
            self.session.trust_env = False  # no proxy stands between us and this machine

    def request(self, method: str, url: str, *args: Any, **values: Any) -> Response:  # the client's own arguments
        headers = dict(values.pop("headers", None) or {})
        # A kept connection that the other side closes just then would make a POST unclear for nothing.
        headers["Connection"] = "close"
        values["allow_redirects"] = False
        return super().request(method, self._moved(url), *args, headers=headers, **values)

    def _moved(self, url: str) -> str:
        if self._base is None:
            return url
        parts = urlsplit(url)
        return urlunsplit((self._base.scheme, self._base.netloc, self._base.path + parts.path, parts.query, ""))


def _creation(order: CallOrder) -> dict[str, Any]:
    creation: dict[str, Any] = {
        "to": order.to,
        "from_": order.from_,
        "url": order.answer_url,
        "method": "POST",
        "status_callback": order.status_url,
        "status_callback_method": "POST",
        "status_callback_event": _EVENTS,
        "timeout": int(order.ring.total_seconds()),
    }
    if order.machine_url is not None:
        # The verdict comes after the machine's greeting, so that a message left is recorded; the call's own document
        # starts at once. `async_amd` is a string (twilio-notes, 9).
        creation |= {
            "machine_detection": "DetectMessageEnd",
            "async_amd": "true",
            "async_amd_status_callback": order.machine_url,
            "async_amd_status_callback_method": "POST",
        }
    return creation


def _writing(order: MessageOrder) -> dict[str, Any]:
    return {
        "to": order.to,
        "from_": order.from_,
        "body": order.body,
        "status_callback": order.status_url,
        "validity_period": int(order.validity.total_seconds()),
    }


def _status_and_code(error: TwilioException) -> tuple[int, int]:
    if isinstance(error, TwilioRestException | TwilioServiceException):
        return int(error.status), int(error.code or error.status)
    # Lists raise the bare parent with the response as its second argument (twilio-notes, 1).
    response = error.args[1] if len(error.args) > 1 else None
    status = int(getattr(response, "status_code", 0) or 500)
    return status, status


def _never_connected(error: RequestException) -> bool:
    if isinstance(error, ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(error, NoConnection) and isinstance(reason, NewConnectionError | NameResolutionError)


def _call(instance: Any) -> CarrierCall:  # the package has no types
    return CarrierCall(
        sid=str(instance.sid),
        status=CallStatus(instance.status),
        created_at=_utc(instance.date_created),
        duration=int(instance.duration) if instance.duration else None,
        answered_by=instance.answered_by or None,
        ended_at=_utc(instance.end_time),
    )


def _message(instance: Any) -> CarrierMessage:  # the package has no types
    return CarrierMessage(
        sid=str(instance.sid),
        status=str(instance.status),
        created_at=_utc(instance.date_created),
        error=int(instance.error_code) if instance.error_code else None,
        body=instance.body or "",
    )


def _utc(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.astimezone(UTC)


Listed = TypeVar("Listed", CarrierCall, CarrierMessage)


def _since(listed: list[Listed], since: datetime) -> list[Listed]:
    found = [one for one in listed if one.created_at is not None and one.created_at >= since]
    return sorted(found, key=lambda one: one.created_at or since)
