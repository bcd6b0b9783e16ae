"""The least a server of ours could do with a change: say it to all who listen. `python -m benchmarks.floor_stream PORT`."""

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent


def make_app() -> FastAPI:
    """Return an application that sends whatever is posted to it over every open stream, as it came."""
    app = FastAPI()
    listeners: set[asyncio.Queue[str]] = set()

    @app.post("/tell", status_code=202)
    async def tell(request: Request) -> dict[str, int]:
        text = (await request.body()).decode()
        for listener in listeners:
            listener.put_nowait(text)
        return {"listeners": len(listeners)}

    @app.get("/stream", response_class=EventSourceResponse)
    async def stream() -> AsyncIterator[ServerSentEvent]:
        mine: asyncio.Queue[str] = asyncio.Queue()
        listeners.add(mine)
        try:
            yield ServerSentEvent(comment="open")
            while True:
                yield ServerSentEvent(raw_data=await mine.get())
        finally:
            listeners.discard(mine)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def main() -> None:
    config = uvicorn.Config(
        make_app(), port=int(sys.argv[1]), loop="uvloop", http="httptools", ws="none", log_level="warning", access_log=False
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
