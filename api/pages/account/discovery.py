"""What an OpenID Connect provider says of itself, asked for once an hour: not at every sign-in, and once for a crowd."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx
from authlib.oidc.discovery import get_well_known_url  # type: ignore[import-untyped]  # authlib has no types

TIMEOUT = 5.0  # seconds, for each answer of the provider
FRESH = 3600.0  # seconds
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")

Document = Mapping[str, Any]  # the provider's own JSON


class ProviderRefused(Exception):
    """The provider answered, and not with what proves an account. Its text is for the log: no value is in it."""


class ProviderAway(ProviderRefused):
    """The provider did not answer, or not as one that works: nobody is refused by that, and another time it may."""


class Discovery:
    """The discovery document of one issuer. A document that could not be had is asked for again by whoever comes next."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._asking: asyncio.Task[Document] | None = None
        self._until = 0.0

    async def document(self) -> Document:
        """Raises `ProviderRefused`."""
        if self._asking is None or (self._asking.done() and not self._is_fresh(self._asking)):
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(_heed)
        return await asyncio.shield(self._asking)  # who goes away meanwhile takes it from nobody else

    def _is_fresh(self, asked: "asyncio.Task[Document]") -> bool:
        return not asked.cancelled() and asked.exception() is None and time.monotonic() < self._until

    async def _ask(self) -> Document:
        async with httpx.AsyncClient(timeout=TIMEOUT) as http:
            told = await json_of(http, "GET", get_well_known_url(self._issuer, external=True))
        if not all(isinstance(told.get(name), str) for name in _NEEDED) or told["issuer"].rstrip("/") != self._issuer:
            raise ProviderRefused("its discovery document is another issuer's, or says too little")
        self._until = time.monotonic() + FRESH
        return told


def _heed(asked: "asyncio.Task[Document]") -> None:
    """Look at how it ended, should everybody who waited have gone away."""
    if not asked.cancelled():
        asked.exception()


async def json_of(http: httpx.AsyncClient, method: str, url: str, **sent: Any) -> dict[str, Any]:
    """Return the JSON object a provider answers with. Raises `ProviderRefused`."""
    try:
        answer = await http.request(method, url, **sent)
        if answer.is_server_error:
            raise ProviderAway(f"it answers with {answer.status_code}")
        document = answer.raise_for_status().json()
    except httpx.TransportError as error:
        raise ProviderAway(f"no answer: {type(error).__name__}") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderRefused(f"no answer to use: {type(error).__name__}") from None
    if not isinstance(document, dict):
        raise ProviderRefused("an answer is no JSON object")
    return document
