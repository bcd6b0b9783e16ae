"""The event types that Ringback knows, with their fields and a sample: what channels send, and rules ask for."""

import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.console.now import Watching
from api.pages.frame import page
from orchestrator.intake.catalogue import EVENT_TYPES

router = APIRouter(prefix="/console/events/types")


@router.get("")
async def show_types(request: Request, viewer: Watching) -> Response:
    samples = {name: json.dumps(dict(known.sample), ensure_ascii=False) for name, known in EVENT_TYPES.items()}
    return page(request, "events/types.html", viewer=viewer, types=EVENT_TYPES.values(), samples=samples)
