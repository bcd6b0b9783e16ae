"""Figures for Prometheus."""

from fastapi import APIRouter, Response

from api.dependencies import DatabaseDep
from orchestrator.insights.metrics import CONTENT_TYPE, rendered
from orchestrator.insights.metrics_state import standing_figures, unreachable
from orchestrator.storage.database import Database, DatabaseUnavailable

router = APIRouter(tags=["operations"])


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(database: DatabaseDep) -> Response:
    return Response(rendered() + await _state(database), media_type=CONTENT_TYPE)


async def _state(database: Database) -> bytes:
    try:
        async with database.transaction() as session:
            return await standing_figures(session)
    except DatabaseUnavailable:  # the process has figures of its own, and that the database is away is one
        return unreachable()
