"""How many streams are open: each costs memory and turns for as long as it lasts, so nobody opens them without end."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from orchestrator.errors import OrchestratorError

PER_READER = 10  # of one person or one token: a tab each


class TooManyStreams(OrchestratorError):
    """This reader, or all readers together, have as many streams open as there may be."""

    code = "too_many_streams"
    retryable = True

    def __init__(self, detail: str, fix: str) -> None:
        super().__init__(detail)
        self.fix = fix


class Streams:
    """The open streams of this process, at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[UUID] = Counter()

    @contextmanager
    def seat(self, reader: UUID) -> Iterator[None]:
        """Count a stream for as long as it is open; `reader` is the person's id, or the token's. Raises `TooManyStreams`."""
        if self._open[reader] >= PER_READER:
            raise TooManyStreams(f"{PER_READER} streams of yours are open", "close one; then connect again")
        if self._open.total() >= self._most:
            raise TooManyStreams("as many streams are open as this server keeps", "connect again in a while")
        self._open[reader] += 1
        try:
            yield
        finally:
            self._open[reader] -= 1
            self._open += Counter()  # forgets those who have none
