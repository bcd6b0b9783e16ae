"""Files of events: what counts as read, accepted, a copy, refused."""

import io
import json

from orchestrator.intake.event_files import lines_of, read_event_lines
from orchestrator.intake.refusals import Reason


def line(identity: str, **fields: object) -> bytes:
    given = {"specversion": "1.0", "id": identity, "source": "s", "type": "t", "subject": "c", "time": "2026-01-01T00:00:00Z"}
    return json.dumps(given | fields).encode()


def test_every_line_that_is_not_blank_is_accepted_a_copy_or_refused() -> None:
    file = read_event_lines([line("1"), b"", b" \t ", line("1"), b"{", line("2"), line("3", time="x"), line("4", subject="")])

    assert (file.read, len(file.events), file.duplicates) == (6, 2, 1)
    assert file.refused == {Reason.MALFORMED: 1, Reason.BAD_TIME: 1, Reason.MISSING_SUBJECT: 1}
    assert file.samples[Reason.BAD_TIME].line == 7


def test_the_first_accepted_line_of_an_event_counts() -> None:
    file = read_event_lines(
        [line("1", time="never"), line("1", type="first"), line("1", type="second"), line("1", type="first")]
    )

    assert file.events["s", "1"].type == "first"
    assert (file.duplicates, file.differing) == (2, 1)


def test_one_id_of_two_sources_is_two_events() -> None:
    file = read_event_lines([line("1"), line("1", source="other")])

    assert len(file.events) == 2


def test_a_line_too_long_is_refused_once_and_the_next_is_read() -> None:
    stream = io.BytesIO(line("1", data="x" * 200_000) + b"\n" + line("2") + b"\r\n" + line("3"))

    file = read_event_lines(lines_of(stream))

    assert file.refused == {Reason.TOO_LARGE: 1}
    assert [identity for _, identity in file.events] == ["2", "3"]


def test_a_line_of_exactly_64_kilobytes_is_accepted_before_its_line_end() -> None:
    bare = len(line("1", data=""))
    stream = io.BytesIO(line("1", data="x" * (65_536 - bare)) + b"\n" + line("2", data="x" * (65_537 - bare)) + b"\n")

    file = read_event_lines(lines_of(stream))

    assert list(file.events) == [("s", "1")]
    assert file.refused == {Reason.TOO_LARGE: 1}
