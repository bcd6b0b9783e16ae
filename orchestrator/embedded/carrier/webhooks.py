"""Asking and telling the application over HTTP: signed, with Twilio's timeouts and retries."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self
from urllib.parse import parse_qsl, urldefrag, urlencode
from uuid import uuid4

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from orchestrator.errors import OrchestratorError

CONNECT = 5.0
CEILING = 15.0  # Twilio waits 15 s for a call's webhook and no longer, retries and all (twilio-notes, 5).
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Hook:
    """An absolute URL of the application, and how it is asked."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the application answered."""

    status: int
    content_type: str
    text: str


class WebhookFailed(OrchestratorError):
    """No answer came. `reason` is `ct` (no connection) or `rt` (no answer in time, or the connection broke)."""

    code: ClassVar[str] = "carrier_webhook_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait and when to repeat: Twilio's defaults, or the `#ct=…&rc=…&rp=…` of a URL's fragment."""

    connect: float = CONNECT
    read: float = CEILING
    total: float = CEILING
    retries: int = 1
    reasons: frozenset[str] = frozenset({"ct"})

    @classmethod
    def of(cls, fragment: str) -> Self:
        """Read the overrides. Values beyond Twilio's bounds are cut to them; what is no number keeps the default."""
        given = dict(parse_qsl(fragment))
        return cls(
            connect=_seconds(given.get("ct"), CONNECT, least=0.1, most=10.0),
            read=_seconds(given.get("rt"), CEILING, least=0.1, most=CEILING),
            total=_seconds(given.get("tt"), CEILING, least=0.1, most=CEILING),
            retries=min(int(given["rc"]), 5) if given.get("rc", "").isdigit() else 1,
            reasons=frozenset(given["rp"].split(",")) if "rp" in given else frozenset({"ct"}),
        )

    def repeats(self, outcome: Reply | WebhookFailed) -> bool:
        reason = outcome.reason if isinstance(outcome, WebhookFailed) else f"{outcome.status // 100}xx"
        failed = isinstance(outcome, WebhookFailed) or outcome.status >= 400
        return failed and bool({reason, "all"} & self.reasons)


def _seconds(milliseconds: str | None, default: float, *, least: float, most: float) -> float:
    if milliseconds is None or not milliseconds.isdigit():
        return default
    return min(max(int(milliseconds) / 1000, least), most)


class Webhooks:
    """Requests to the application, signed with the account's auth token by Twilio's own algorithm."""

    def __init__(self, auth_token: str) -> None:
        self._validator = RequestValidator(auth_token)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(self, hook: Hook, fields: Mapping[str, str], *, token: str | None = None) -> Reply:
        """Ask once, and again where the URL's rules say so; every retry carries the same idempotency token.

        Raises `WebhookFailed` when no answer came; an answer of any status is a `Reply`.
        """
        url, fragment = urldefrag(hook.url)
        patience = Patience.of(fragment)
        headers = {"I-Twilio-Idempotency-Token": token or str(uuid4())}
        try:
            async with asyncio.timeout(patience.total):
                outcome = await self._once(Hook(url, hook.method), fields, headers, patience)
                for _ in range(patience.retries):
                    if not patience.repeats(outcome):
                        break
                    outcome = await self._once(Hook(url, hook.method), fields, headers, patience)
        except TimeoutError as error:
            raise WebhookFailed("rt") from error
        if isinstance(outcome, WebhookFailed):
            raise outcome
        return outcome

    async def _once(
        self, hook: Hook, fields: Mapping[str, str], headers: Mapping[str, str], patience: Patience
    ) -> Reply | WebhookFailed:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=patience.connect, sock_read=patience.read)
        url, body = self._placed(hook, fields)
        signature = self._validator.compute_signature(url, fields if body is not None else {})
        sent = {**headers, "X-Twilio-Signature": signature} | ({} if body is None else {"Content-Type": FORM})
        try:
            # The URL goes out as it was given: re-encoding it would break the signature.
            async with self._opened().request(
                hook.method, URL(url, encoded=True), data=body, headers=sent, timeout=timeout, allow_redirects=False
            ) as response:
                text = (await response.read()).decode("utf-8", "replace")
                return Reply(response.status, response.content_type, text)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            return WebhookFailed("ct")
        except (aiohttp.ClientError, TimeoutError):
            return WebhookFailed("rt")

    def _placed(self, hook: Hook, fields: Mapping[str, str]) -> tuple[str, bytes | None]:
        """Put the fields into the query of a GET, and into the body of anything else."""
        encoded = urlencode(fields)
        if hook.method != "GET":
            return hook.url, encoded.encode()
        return f"{hook.url}{'&' if '?' in hook.url else '?'}{encoded}", None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            # Kept connections are let go before a usual server closes them (uvicorn: 5 s), so that none breaks in use.
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2)
            self._session = aiohttp.ClientSession(connector=connector, headers={"User-Agent": "TwilioProxy/1.1"})
        return self._session
