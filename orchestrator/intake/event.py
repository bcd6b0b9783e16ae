"""An accepted event: what a channel reported about one customer."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from orchestrator.intake.json_text import JsonValue


class Position(NamedTuple):
    """Where an event stands in the order of all events: by time (aware UTC), then source, then id by code point."""

    time: datetime
    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Event:
    """`time` is aware UTC with microseconds, `subject` the customer's id in the caller's system.

    `data` is `{}` when the event came without. `data_base64` is kept as it came; rules do not read it.
    """

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    data: JsonValue
    data_base64: str | None = None

    @property
    def position(self) -> Position:
        return Position(self.time, self.source, self.id)
