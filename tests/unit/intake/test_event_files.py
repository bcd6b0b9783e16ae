"""Files of events: what counts as read and refused. Copies are for who takes the events to find."""

import io
import json
from collections.abc import Iterable

from orchestrator.intake.event_files import EventCounts, lines_of, read_event_lines
from orchestrator.intake.refusals import Reason


def line(identity: str, **fields: object) -> bytes:
    given = {"specversion": "1.0", "id": identity, "source": "s", "type": "t", "subject": "c", "time": "2026-01-01T00:00:00Z"}
    return json.dumps(given | fields).encode()


def read(lines: Iterable[bytes]) -> tuple[list[str], EventCounts]:
    """Return the ids of what is not refused, and the counts."""
    counts = EventCounts()
    return [event.id for event in read_event_lines(lines, counts)], counts


def test_every_line_that_is_not_blank_is_taken_or_refused() -> None:
    lines = [line("1"), b"", b" \t ", line("1"), b"{", line("2"), line("3", time="x"), line("4", subject="")]

    taken, counts = read(lines)

    assert (counts.read, taken) == (6, ["1", "1", "2"])
    assert counts.refused == {Reason.MALFORMED: 1, Reason.BAD_TIME: 1, Reason.MISSING_SUBJECT: 1}
    assert counts.samples[Reason.BAD_TIME].line == 7


def test_a_line_too_long_is_refused_once_and_the_next_is_read() -> None:
    stream = io.BytesIO(line("1", data="x" * 200_000) + b"\n" + line("2") + b"\r\n" + line("3"))

    taken, counts = read(lines_of(stream))

    assert counts.refused == {Reason.TOO_LARGE: 1}
    assert taken == ["2", "3"]


def test_a_line_of_exactly_64_kilobytes_is_accepted_before_its_line_end() -> None:
    bare = len(line("1", data=""))
    stream = io.BytesIO(line("1", data="x" * (65_536 - bare)) + b"\n" + line("2", data="x" * (65_537 - bare)) + b"\n")

    taken, counts = read(lines_of(stream))

    assert taken == ["1"]
    assert counts.refused == {Reason.TOO_LARGE: 1}
