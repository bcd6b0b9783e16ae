"""What was refused, with its reason, to be mended and replayed."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from api.dependencies import Session, Supervisor
from api.event_views import Answers, answer_events
from api.intake import IntakeDep
from api.paging import After, Limit, Page, decode, encode
from api.schemas import Body
from orchestrator.intake import dead_letters
from orchestrator.intake.tables import DeadLetterRow

router = APIRouter(prefix="/v1/dead-letters", tags=["dead letters"])


class LetterView(BaseModel):
    """`body` is what came, as text; it may hold personal data. `field` and `detail` say why it was refused."""

    id: UUID
    received_at: datetime
    channel_id: UUID | None
    reason: str
    field: str | None
    detail: str
    body: str

    @classmethod
    def of(cls, row: DeadLetterRow) -> "LetterView":
        body = row.body.decode("utf-8", "replace")
        return cls(body=body, **row.model_dump(include={"id", "received_at", "channel_id", "reason", "field", "detail"}))


class Replay(Body):
    """`event` is the mended event, or a list of several; without it the letter is taken in as it came."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    event: dict[str, Any] | list[dict[str, Any]] | None = None


@router.get("", summary="What was refused and not replayed yet, newest first")
async def list_letters(_: Supervisor, session: Session, cursor: After = None, limit: Limit = 50) -> Page[LetterView]:
    rows = await dead_letters.open_letters(session, before=decode(cursor), limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = encode(last.received_at, last.id) if last is not None else None
    return Page(items=[LetterView.of(row) for row in rows[:limit]], next=following)


@router.post(
    "/{letter_id}/replay",
    summary="Take a refused event in again, as it was or mended",
    response_class=Response,
    responses={200: {"model": Answers}},
)
async def replay_letter(letter_id: UUID, body: Replay, by: Supervisor, intake: IntakeDep) -> Response:
    mended = None if body.event is None else json.dumps(body.event, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return answer_events(await intake.replay(letter_id, mended, who=by.who), accepted=200)
