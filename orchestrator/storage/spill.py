"""What does not fit into memory, put down on disk for as long as a run lasts."""

import marshal
from array import array
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import FileIO
from tempfile import TemporaryFile, gettempdir
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self, TypeVar

from orchestrator.errors import OrchestratorError

Value = TypeVar("Value")

_PARTS = 256
MOST = 32_768  # values held in memory before they are put down
_BYTES = 8 * 1024 * 1024  # the same, as they are written; in memory they take four times as much
_FIRST = 1_024  # so many are held before their size is known


class NoRoom(OrchestratorError):
    """The folder of temporary files takes no more. The message names it, and the variable that names another."""

    code = "no_room"


class Chunk(NamedTuple):
    """Where values lie in the file."""

    start: int
    size: int


class Spill:
    """A temporary file of lists of plain values: texts, numbers, bools, None, and tuples, lists and dicts of them.

    It is made when first needed and has no name, so it is gone with the process, however that ends. Raises `NoRoom`.
    """

    def __init__(self) -> None:
        self._file: FileIO | None = None
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def put(self, values: list[Any]) -> Chunk:  # Any: plain values of any shape
        data = marshal.dumps(values)
        chunk = Chunk(self._end, len(data))
        try:
            if self._file is None:
                self._file = TemporaryFile(buffering=0)  # noqa: SIM115  # closed by `__exit__`
            self._file.seek(chunk.start)
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            reason = error.strerror or type(error).__name__
            fix = "set TMPDIR to a folder with room for twice the events"
            raise NoRoom(f"cannot write to {gettempdir()}: {reason} ({fix})") from None
        self._end += chunk.size
        return chunk

    def get(self, chunk: Chunk) -> list[Any]:
        assert self._file is not None  # a chunk comes from `put`
        self._file.seek(chunk.start)
        found: list[Any] = marshal.loads(self._file.read(chunk.size))
        return found


class Parted(Generic[Value]):
    """Values parted by a hash, to be read part by part, each in the order in which they came.

    Only so many are in memory, `most` at most; the others lie in the spill.
    """

    def __init__(self, spill: Spill, *, most: int = MOST) -> None:
        self._spill, self._most = spill, most
        self._held: list[list[Value]] = [[] for _ in range(_PARTS)]
        self._chunks = [array("Q") for _ in range(_PARTS)]  # starts and sizes in turn: there are hundreds of thousands
        self._number, self._room = 0, min(_FIRST, most)

    def add(self, by: int, value: Value) -> None:
        self._held[by % _PARTS].append(value)
        self._number += 1
        if self._number >= self._room:
            self._put_down()

    def parts(self) -> Iterator[list[Value]]:
        """Yield each part that is not empty, and forget it."""
        for chunks, held in zip(self._chunks, self._held, strict=True):
            places = map(Chunk, chunks[::2], chunks[1::2])
            part = [*flat(map(self._spill.get, places)), *held]
            held.clear()
            if part:
                yield part

    def _put_down(self) -> None:
        written = 0
        for chunks, held in zip(self._chunks, self._held, strict=True):
            if held:
                chunks.extend(chunk := self._spill.put(held))
                written += chunk.size
                held.clear()
        self._room = max(1, min(self._most, _BYTES * self._number // written))
        self._number = 0


def flat(lists: Iterable[list[Value]]) -> Iterator[Value]:
    for values in lists:
        yield from values
