"""The plan of a rule: what is tried, in order, until one step reaches the customer."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from orchestrator.detection.documents import Duration, Name, Strict


class Tell(StrEnum):
    """How the customer hears of the due time. Telling makes it a promise."""

    SMS = "sms"
    PAGE = "page"
    VOICE = "voice"


class Closed(StrEnum):
    """What a step does while its queue is closed."""

    WAIT = "wait"
    SKIP = "skip"


class Attempts(Strict):
    """At most `max` dials, and the pause after each kind of failure; where none is named, the settings' own holds."""

    max: Annotated[int, Field(ge=1, le=20)] = 1
    no_answer: Duration | None = None
    busy: Duration | None = None
    machine: Duration | None = None


class CallbackStep(Strict):
    """An agent is offered a task and speaks first. `due` is elapsed time; without it, the queue's own promise holds."""

    queue: Name
    due: Duration | None = None
    tell: Annotated[Tell, Field(strict=False)] | None = None
    script: Name | None = None
    closed: Annotated[Closed, Field(strict=False)] = Closed.WAIT
    attempts: Attempts = Attempts()


class CallStep(Strict):
    """The customer's phone rings first, with an agent held."""

    queue: Name
    script: Name | None = None
    closed: Annotated[Closed, Field(strict=False)] = Closed.WAIT
    attempts: Attempts = Attempts()


class MessageStep(Strict):
    template: Name


class Step(Strict):
    """Exactly one of the three."""

    callback: CallbackStep | None = None
    call: CallStep | None = None
    message: MessageStep | None = None

    @model_validator(mode="after")
    def _be_one(self) -> Self:
        if len([part for part in (self.callback, self.call, self.message) if part is not None]) != 1:
            raise PydanticCustomError("one_of", "A step is exactly one of callback, call, message.")
        return self

    @property
    def queue(self) -> str | None:
        """The queue whose people this step needs; None for a message."""
        part = self.callback or self.call
        return part.queue if part else None
