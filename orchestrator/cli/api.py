"""`ringback api`: one process of the API."""

from pathlib import Path
from socket import socket
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from orchestrator import logs
from orchestrator.settings import Settings, load

_DRAIN = 10  # seconds: how long requests under way may take after SIGTERM; an open stream is ended by then


def api(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every interface.")] = "127.0.0.1",
    data: Annotated[Path | None, typer.Option(help="Data folder; RINGBACK_DATA otherwise.")] = None,
) -> None:
    """Serve the API. Stateless: run as many as you like behind a load balancer."""
    settings = load(data=data)
    logs.configure(level=settings.log_level, json=settings.log_json)
    settings.database()  # a missing address is one clear line now, not a failing start
    server(settings, host=host, port=port).run()


def server(settings: Settings, *, host: str, port: int) -> uvicorn.Server:
    """Return the server of one API process; SIGTERM lets the requests under way finish."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,  # logs.configure has set up every logger
        access_log=False,  # paths and addresses; durations by route are in /metrics
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_DRAIN,
        backlog=2048,
    )
    return _Server(config, app)


class _Server(uvicorn.Server):
    """Asks open streams to leave before it waits for connections to close: they would stay for ever."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self._app.state.newsroom.end()
        await super().shutdown(sockets)
