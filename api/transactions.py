"""One request, one transaction: it commits before the answer leaves, and a deadlock repeats it whole."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.identity.idempotency import Answer, finish
from orchestrator.storage.database import Database

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


class Transactional(APIRoute):
    """A route whose whole work, from the token to the answer kept for an `Idempotency-Key`, is one repeatable transaction."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def whole(request: Request) -> Response:
            database: Database = request.app.state.database

            async def once(session: AsyncSession) -> Response:
                request.state.session = session
                setattr(request.state, IDEMPOTENCY, None)  # of an earlier try, rolled back
                response = await handle(request)
                await _keep(session, request, response)
                return response

            return await database.run(once)

        return whole


async def _keep(session: AsyncSession, request: Request, response: Response) -> None:
    taken = getattr(request.state, IDEMPOTENCY, None)
    if taken is not None:
        principal, key = taken
        answer = Answer(status=response.status_code, body=bytes(response.body).decode())
        await finish(session, principal=principal, key=key, answer=answer)
