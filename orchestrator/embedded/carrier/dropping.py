"""Breaking off a connection without an answer, as a network does."""

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

TRANSPORT = "ringback.transport"


class DroppableProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, lending the connection itself to the application: ASGI has no other way to break it off."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {TRANSPORT: {"transport": self.transport}}
        self.scope["extensions"] = extensions


class Dropped(Response):
    """No answer at all: the connection is reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"][TRANSPORT]["transport"].abort()
        # Uvicorn would answer 500 for an application that returns in silence before the loss has come through.
        while (await receive())["type"] != "http.disconnect":
            pass
