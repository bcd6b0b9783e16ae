"""The catalogue of event types: what each means, its JSON Schema, and a sample."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import ConfigDict

from api.dependencies import Supervisor
from api.schemas import View
from orchestrator.errors import NoSuch
from orchestrator.intake.catalogue import EVENT_TYPES, EventType

router = APIRouter(prefix="/v1/event-types", tags=["events"])


class EventTypeView(View):
    """`json_schema` (2020-12) is exactly as strict about `data` as intake is; `sample` is a CloudEvent that intake takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "customer.moved", "means": "The customer moved house"}]})

    name: str
    means: str
    json_schema: Mapping[str, Any]
    sample: Mapping[str, Any]


def _view(known: EventType) -> EventTypeView:
    sample = {
        "specversion": "1.0",
        "id": "1",
        "source": "shop",
        "type": known.name,
        "subject": "customer-4711",
        "time": "2026-06-07T10:00:00Z",
        "data": dict(known.sample),
    }
    return EventTypeView(name=known.name, means=known.means, json_schema=known.json_schema(), sample=sample)


@router.get("", summary="All event types that Ringback knows; others may be sent too, and carry any JSON")
async def list_event_types(_: Supervisor) -> list[EventTypeView]:
    return [_view(known) for known in EVENT_TYPES.values()]


@router.get("/{name}", summary="One event type")
async def show_event_type(name: Annotated[str, Path(max_length=1024)], _: Supervisor) -> EventTypeView:
    known = EVENT_TYPES.get(name)
    if known is None:
        raise NoSuch("the catalogue has no such event type")
    return _view(known)
