"""What a channel is answered."""

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

    @classmethod
    def of(cls, answer: Answer) -> "AnswerView":
        error = problem_of(answer.error) if answer.error is not None else None
        return cls(index=answer.index, id=answer.id, source=answer.source, verdict=answer.verdict, error=error)


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
