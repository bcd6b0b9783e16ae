"""Files of events, taken in as a channel would send them, or as history that nothing is detected in."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from itertools import islice

from orchestrator.intake.accept import EventVerdict, Intake
from orchestrator.intake.reading import read_text

BATCH = 500


@dataclass(slots=True)
class Imported:
    """What became of the lines so far. `first_refused` is the number of the first line that was refused, from 1."""

    read: int = 0
    verdicts: Counter[EventVerdict] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    first_refused: int | None = None


async def import_lines(intake: Intake, lines: Iterable[bytes], *, live: bool) -> AsyncIterator[Imported]:
    """Take in one CloudEvent a line, in transactions of `BATCH`, and yield the counts after each. Blank lines do not count.

    Without `live` events are stored as history: customers' attributes follow them, no rule sees them.
    """
    result = Imported()
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    while part := list(islice(numbered, BATCH)):
        answers = await intake.submit(None, [read_text(line) for _, line in part], history=not live)
        for (number, _), answer in zip(part, answers, strict=True):
            result.read += 1
            result.verdicts[answer.verdict] += 1
            if answer.error is not None:
                result.reasons[answer.error.code] += 1
                result.first_refused = result.first_refused or number
        yield result
