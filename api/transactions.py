"""One request, one transaction: it commits before the answer leaves, and a deadlock repeats it whole."""

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.background import BackgroundTask
from starlette.datastructures import State

from orchestrator.identity.idempotency import Answer, finish
from orchestrator.queueing.desk_life import sign_of_life
from orchestrator.queueing.presence import SIGN_EVERY
from orchestrator.storage.database import Database, DatabaseUnavailable

SIGN_OF_LIFE = "sign_of_life"  # on the request's state: the agent who asked
IDEMPOTENCY = "idempotency"  # on the request's state: the (principal, key) taken in this transaction


async def transaction(request: Request) -> AsyncIterator[AsyncSession]:
    """Yield the request's session: the route's own (`Transactional`), or a transaction around the endpoint alone."""
    session = getattr(request.state, "session", None)
    if session is not None:
        yield session
        return
    database: Database = request.app.state.database
    async with database.transaction() as session:
        yield session


# "function" commits before the response leaves; the default scope commits after it.
Session = Annotated[AsyncSession, Depends(transaction, scope="function")]


class Repeatable(APIRoute):
    """A route whose whole work is one transaction, done again after a deadlock or a serialisation failure."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def whole(request: Request) -> Response:
            return await _in_one(request, lambda _: handle(request))

        return whole


class Transactional(APIRoute):
    """A route whose whole work, from the token to the answer kept for an `Idempotency-Key`, is one repeatable transaction."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def whole(request: Request) -> Response:
            async def once(session: AsyncSession) -> Response:
                setattr(request.state, IDEMPOTENCY, None)  # of an earlier try, rolled back
                response = await handle(request)
                await _keep(session, request, response)
                return response

            response = await _in_one(request, once)
            if (agent_id := getattr(request.state, SIGN_OF_LIFE, None)) is not None and response.background is None:
                # After the answer, in a transaction of its own: the agent's row must not be locked before the customer's.
                response.background = BackgroundTask(note_life, request.app.state, agent_id)
            return response

        return whole


class Signs:
    """When this process last wrote down that an agent's desk lives, so that not every request does."""

    def __init__(self) -> None:
        self._written: dict[UUID, float] = {}

    def due(self, agent_id: UUID) -> bool:
        """Tell whether it is time to write again, and take it that this is done."""
        now = time.monotonic()
        if now - self._written.get(agent_id, -math.inf) < SIGN_EVERY.total_seconds():
            return False
        self._written[agent_id] = now
        return True


async def note_life(state: State, agent_id: UUID) -> None:
    """Write down a sign of life, if one is due. While the database is away nothing is lost by it."""
    database: Database = state.database
    if not state.signs.due(agent_id):
        return
    with suppress(DatabaseUnavailable):
        await database.run(lambda session: sign_of_life(session, agent_id, clock=database.clock, settings=state.settings))


async def _in_one(request: Request, work: Callable[[AsyncSession], Awaitable[Response]]) -> Response:
    """Do `work` in a repeatable transaction that is also the one of the request's `Session`."""
    database: Database = request.app.state.database

    async def once(session: AsyncSession) -> Response:
        request.state.session = session
        return await work(session)

    return await database.run(once)


async def _keep(session: AsyncSession, request: Request, response: Response) -> None:
    taken = getattr(request.state, IDEMPOTENCY, None)
    if taken is not None:
        principal, key = taken
        answer = Answer(status=response.status_code, body=bytes(response.body).decode())
        await finish(session, principal=principal, key=key, answer=answer)
