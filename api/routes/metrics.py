"""Figures for Prometheus."""

from fastapi import APIRouter, Response

from orchestrator.insights.metrics import CONTENT_TYPE, rendered

router = APIRouter(tags=["operations"])


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics() -> Response:
    return Response(rendered(), media_type=CONTENT_TYPE)
