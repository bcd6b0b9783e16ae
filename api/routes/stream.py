"""What changed, as it changes: server-sent events for a desk or a console."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.dependencies import DatabaseDep, bearer_token
from api.watching import Watcher

router = APIRouter(tags=["stream"])

_DESCRIPTION = """
Begins with `snapshot`: the agent's task in hand and the counts of the queues concerned. Then one event a change, named by
what happened (`queued offered changed requeued withdrawn done presence held floor`) with ids only: fetch what is shown. `queue`
carries a queue's counts. Another `snapshot` follows whenever something may have been missed, and reconnecting begins with
one, so `Last-Event-ID` is taken and not needed. An agent's open stream is a sign of life of their desk. `end` comes before
the server stops, or when the token has ended: reconnect. A token has at most ten streams; the next is answered with 429.
"""


async def admitted(
    request: Request, database: DatabaseDep, secret: Annotated[str, Depends(bearer_token)]
) -> AsyncIterator[Watcher]:
    watcher = await Watcher.admit(database, secret)
    with request.app.state.streams.seat(watcher.reader):
        yield watcher


@router.get(
    "/v1/stream",
    response_class=EventSourceResponse,
    summary="What changed, as server-sent events",
    description=_DESCRIPTION,
)
async def stream(
    request: Request,
    watcher: Annotated[Watcher, Depends(admitted)],
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:
    state = request.app.state
    async for event in watcher.watch(state.newsroom, state.signs, state.settings):
        yield event
