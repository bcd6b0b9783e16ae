"""The least a server of ours could do with an event: one bare insert. `python -m benchmarks.floor_app PORT FILE`.

The file holds the database's URL: a command line is for everybody to read.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import uvicorn
from fastapi import FastAPI, Request

_CONNECTIONS = 10
_INSERT = "INSERT INTO floor_events (source, id, data) VALUES (%s, %s, %s)"


def make_app(database_url: str) -> FastAPI:
    """Return an application with one route, on the server, framework and driver of the real one."""
    free: asyncio.Queue[psycopg.AsyncConnection] = asyncio.Queue()

    @asynccontextmanager
    async def connected(app: FastAPI) -> AsyncIterator[None]:
        for _ in range(_CONNECTIONS):
            free.put_nowait(await psycopg.AsyncConnection.connect(database_url, autocommit=True))
        yield
        while not free.empty():
            await free.get_nowait().close()

    app = FastAPI(lifespan=connected)

    @app.post("/", status_code=202)
    async def insert(request: Request) -> dict[str, str]:
        body = await request.body()
        event = json.loads(body)
        connection = await free.get()
        try:
            await connection.execute(_INSERT, (event["source"], event["id"], body.decode()))
        finally:
            free.put_nowait(connection)
        return {"verdict": "accepted"}

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    port, database_url = int(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")
    config = uvicorn.Config(
        make_app(database_url), port=port, loop="uvloop", http="httptools", ws="none", log_level="warning", access_log=False
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
