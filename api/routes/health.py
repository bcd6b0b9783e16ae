"""Whether this process lives, and whether it can work."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import text

from api.dependencies import DatabaseDep, SettingsDep
from orchestrator.errors import OrchestratorError
from orchestrator.storage.database import Database

router = APIRouter(tags=["operations"])

_PATIENCE = 2.0  # seconds; a load balancer waits no longer


class Live(BaseModel):
    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """`database` decides. Temporal is told only: while it is away events are still taken and calls still answered."""

    status: Literal["ok", "unavailable"]
    database: bool
    temporal: bool | None


@router.get("/healthz", summary="Is this process alive")
async def healthz() -> Live:
    return Live()


@router.get("/readyz", summary="Can this process work", responses={503: {"model": Ready}})
async def readyz(database: DatabaseDep, settings: SettingsDep, response: Response) -> Ready:
    up, temporal = await asyncio.gather(_database(database), _listens(settings.temporal_address))
    response.status_code = 200 if up else 503
    return Ready(status="ok" if up else "unavailable", database=up, temporal=temporal)


async def _database(database: Database) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE), database.transaction() as session:
            await (await session.connection()).execute(text("SELECT 1"))
    except (OrchestratorError, TimeoutError):
        return False
    return True


async def _listens(address: str | None) -> bool | None:
    if address is None:
        return None
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
