"""What a channel is answered."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from api.errors import problem_of
from api.problems import Problem
from orchestrator.intake.accept import Answer, EventVerdict


class AnswerView(BaseModel):
    """What became of one event. `error` names the field and the fix of one that is refused."""

    index: int
    id: str | None
    source: str | None
    verdict: EventVerdict
    error: Problem | None = None


class Answers(BaseModel):
    """One verdict for each event, in the order of the request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"events": [{"index": 0, "id": "e-1042", "source": "/shop/web", "verdict": "accepted", "error": None}]}
            ]
        }
    )

    events: list[AnswerView]


def answer_events(answers: Sequence[Answer], *, accepted: int) -> Response:
    """Return the answer with the status `accepted` where any event was taken in or is known, else 422."""
    refused = all(answer.verdict is EventVerdict.REFUSED for answer in answers)
    # Written as it is: a thousand verdicts need no second look by a model.
    body = json.dumps({"events": [_plain(answer) for answer in answers]}, ensure_ascii=False)
    return Response(body.encode("utf-8", "replace"), 422 if refused else accepted, media_type="application/json")


def _plain(answer: Answer) -> dict[str, Any]:
    error = None if answer.error is None else problem_of(answer.error).model_dump(exclude_defaults=True, exclude_none=True)
    return {
        "index": answer.index,
        "id": answer.id,
        "source": answer.source,
        "verdict": answer.verdict.value,
        "error": error,
    }
