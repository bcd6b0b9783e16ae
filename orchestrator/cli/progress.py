"""Progress of a long command on stderr: lines other programs read, or one line a person sees moving."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from orchestrator.detection.progress import Phase, Progress, untold

_APART = 1.0  # seconds between two tellings
_CLEAR = "\r\x1b[K"


@dataclass(frozen=True, slots=True)
class Step:
    phase: Phase
    done: int
    of: int | None


class Pacer:
    """Passes on a step about once a second, and the last of each phase."""

    def __init__(self, show: Callable[[Step], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._show, self._clock = show, clock
        self._shown_at = clock()
        self._waiting: Step | None = None

    def __call__(self, phase: Phase, done: int, of: int | None) -> None:
        if self._waiting is not None and self._waiting.phase is not phase:
            self.flush()
        self._waiting = Step(phase, done, of)
        if self._clock() - self._shown_at >= _APART:
            self.flush()

    def flush(self) -> None:
        if self._waiting is not None:
            self._show(self._waiting)
            self._shown_at, self._waiting = self._clock(), None


@contextmanager
def shown_progress(*, as_lines: bool) -> Iterator[Progress]:
    """Show progress as one JSON object a line; else as one line on a terminal; else not at all."""
    if as_lines:
        pacer = Pacer(lambda step: _print(sys.stderr, f"{_object(step)}\n"))
        yield pacer
        pacer.flush()
    elif sys.stderr.isatty():
        try:
            yield Pacer(lambda step: _print(sys.stderr, f"{_CLEAR}{_sentence(step)}"))
        finally:
            _print(sys.stderr, _CLEAR)
    else:
        yield untold


def _object(step: Step) -> str:
    return json.dumps({"phase": step.phase.value, "done": step.done, "of": step.of})


def _sentence(step: Step) -> str:
    share = "" if not step.of else f" of {step.of:,} ({step.done / step.of:.0%})"
    return f"{step.phase.value.capitalize()}: {step.done:,}{share} events"


def _print(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()
