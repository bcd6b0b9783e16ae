"""Files of events, one CloudEvent a line: what is accepted, what is a copy, what is refused and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from orchestrator.intake.envelope import read_event
from orchestrator.intake.event import Event
from orchestrator.intake.json_text import MAX_EVENT_BYTES
from orchestrator.intake.refusals import Reason, Refused


@dataclass(frozen=True, slots=True)
class Refusal:
    """A sample of what was refused; `line` counts from 1."""

    line: int
    reason: Reason
    field: str | None
    fix: str | None


@dataclass(slots=True)
class EventCounts:
    """What became of the events that were read: `read` = `accepted` + `duplicates` + refused.

    Of several copies the first accepted line counts; `differing` are the copies that do not say the same.
    """

    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    differing: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    samples: dict[Reason, Refusal] = field(default_factory=dict)

    def refuse(self, line: int, refused: Refused) -> None:
        self.refused[refused.reason] += 1
        self.samples.setdefault(refused.reason, Refusal(line, refused.reason, refused.field, refused.fix))


def read_event_lines(lines: Iterable[bytes], counts: EventCounts) -> Iterator[Event]:
    """Read lines as intake would, but for times: they may lie in the future, and are required. Blank lines do not count.

    Yields what is not refused, copies too: whoever takes the events finds them, and counts them and what is accepted.
    """
    for number, line in enumerate(lines, start=1):
        if line.isspace() or not line:
            continue
        counts.read += 1
        try:
            event = read_event(line)
        except Refused as refused:
            counts.refuse(number, refused)
        else:
            yield event


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines without their ends, none longer than needed to see that it is too large."""
    limit = MAX_EVENT_BYTES + 2
    while line := stream.readline(limit):
        if len(line) == limit and not line.endswith(b"\n"):
            while (rest := stream.readline(limit)) and not rest.endswith(b"\n"):
                pass
        yield line.rstrip(b"\r\n")
