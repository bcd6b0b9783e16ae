"""Running the simulator as a process."""

import asyncio
import signal
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI

from orchestrator.embedded.carrier.dropping import DroppableProtocol
from orchestrator.embedded.carrier.faults import Faults
from orchestrator.errors import BadInput

BACKLOG = 2048
DRAIN = 3  # seconds requests under way may take after SIGTERM


def serve(app: FastAPI, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is under way. Raises `BadInput` when the port is taken."""
    listener = _listen(host, port)
    config = uvicorn.Config(
        app,
        http=DroppableProtocol,
        access_log=False,  # It would print numbers out of URLs.
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=DRAIN,
        ws="none",
    )
    # Uvicorn raises the signal once more when it is done; that must not end a clean shutdown as a kill.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _done)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_Server(config, app.state.faults).serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """Lets held answers go before it waits for the requests under way: nobody could release them any more."""

    def __init__(self, config: uvicorn.Config, faults: Faults) -> None:
        super().__init__(config)
        self._faults = faults

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._faults.release()
        await super().shutdown(sockets)


def _done(number: int, frame: FrameType | None) -> None:
    """Nothing is left to do."""


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or "cannot be used"
        raise BadInput(f"{host}:{port}: {reason}", field="--port", fix="Choose another port.") from error
    listener.listen(BACKLOG)
    return listener
