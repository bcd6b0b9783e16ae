"""A registry's file: one number a line, and proof that nothing of it is missing. Read as a stream, in constant memory."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from orchestrator.errors import BadInput

_TRAILER = re.compile(rb"END ([0-9]{1,12})")
_IDLE = b" -.,()\t\r"  # what people and programs put between digits
_AGAIN = "fetch the whole file again and import that"
_LENGTHS = range(8, 16)  # digits of an E.164 number that anybody is called at


class BadRegistryFile(BadInput):
    """A registry's file that does not fit. Names the line and the fix; nothing of it was kept."""

    code = "bad_registry_file"


@dataclass(frozen=True, slots=True)
class NationalForm:
    """How numbers of a country are written at home: what stands for the country code, and how many digits follow it."""

    code: bytes
    trunk: bytes
    lengths: frozenset[int]

    @classmethod
    def of(cls, country: str) -> "NationalForm":
        """Return the form of a country (ISO alpha-2). Raises `KeyError` for one that has no numbers."""
        known = PhoneMetadata.metadata_for_region(country)
        if known is None:
            raise KeyError(country)
        code = next(code for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if country in regions)
        kinds = [kind for kind in (known.fixed_line, known.mobile) if kind is not None]
        lengths = {length for kind in kinds for length in kind.possible_length or () if length > 0}
        return cls(str(code).encode(), (known.national_prefix or "").encode(), frozenset(lengths))

    def digits(self, line: bytes) -> bytes | None:
        """Return a number as E.164 without its plus, None for what is no number."""
        bare = line.translate(None, _IDLE)
        if bare[:1] == b"+":
            whole = bare[1:]
            return whole if whole.isdigit() and len(whole) in _LENGTHS and whole[:1] != b"0" else None
        if self.trunk and bare.startswith(self.trunk):
            national = bare.removeprefix(self.trunk)
        else:
            abroad = bare.removeprefix(self.code)
            national = abroad if len(abroad) in self.lengths else bare
        return self.code + national if national.isdigit() and len(national) in self.lengths else None


class RegistryLines:
    """The numbers of a file, block by block as `COPY` takes them. `count` is how many it must hold, where that is known.

    The last line is `END` and the number of numbers, or `count` stands for it: a file that was cut off is told by that.
    Once read, `read` is how many numbers there were. Raises `BadRegistryFile`.
    """

    def __init__(self, blocks: Iterable[bytes], *, form: NationalForm, count: int | None = None) -> None:
        self._blocks, self._form, self._count = blocks, form, count
        self.read = 0
        self._line, self._declared = 0, count
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        for block in self._blocks:
            *lines, rest = (rest + block).split(b"\n")
            if len(rest) > 64:
                raise self._bad("this line is no number", line=self._line + len(lines) + 1)
            if found := self._numbers(lines):
                yield b"\n".join(found) + b"\n"
        if rest:
            raise self._bad("the file ends in the middle of a line", line=self._line + 1, fix=_AGAIN)
        self._check_whole()

    def _numbers(self, lines: list[bytes]) -> list[bytes]:
        found: list[bytes] = []
        digits_of = self._form.digits
        for line in lines:
            self._line += 1
            digits = None if self._ended else digits_of(line)
            if digits is None:
                self._take_trailer(line)
            else:
                found.append(digits)
        self.read += len(found)
        return found

    def _take_trailer(self, line: bytes) -> None:
        told = None if self._ended else _TRAILER.fullmatch(line.rstrip(b"\r"))
        if told is None:
            raise self._bad("text after the END line" if self._ended else "this line is no number")
        self._ended, declared = True, int(told[1])
        if self._count is not None and declared != self._count:
            raise self._bad(f"the END line says {declared}, and --count {self._count}", fix="find out which is right")
        self._declared = declared

    def _check_whole(self) -> None:
        if self._declared is None:
            fix = "add the line END and the number of numbers, or give that number with --count"
            raise self._bad("the file has no END line, so nobody can tell whether it is whole", line=self._line + 1, fix=fix)
        if self.read != self._declared:
            detail = f"the file holds {self.read} numbers, and {self._declared} were declared"
            raise self._bad(detail, fix=_AGAIN)

    def _bad(self, detail: str, *, line: int | None = None, fix: str | None = None) -> BadRegistryFile:
        number = self._line if line is None else line
        expected = "write one number a line, as +972527654321 or as it is dialed at home"
        return BadRegistryFile(f"line {number}: {detail}", field="FILE", fix=fix or expected)
