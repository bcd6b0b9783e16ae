"""Fields hidden from agents, by their names: where they stand, and wherever else their values are written. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

HIDDEN = "hidden"

_SHORTEST = 3  # characters of a value that is looked for in other texts: what is shorter stands in too many words
_SEPARATORS = r"[,.'’\s\u00a0\u202f]?"  # as people write them between the digits of a number
_NOT_AFTER, _NOT_BEFORE = r"(?<![^\W\u05d0-\u05ea])", r"(?!\w)"  # Hebrew writes its prepositions on the word
_NOTHING = re.compile(r"(?!)")

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Veil:
    """What hides a customer's fields: `names` wherever they stand, and the values they have wherever these are written.

    In their place stands `word`. A name hides the field at any depth; `cart.total` hides the `total` of any `cart`.
    """

    names: frozenset[Path]
    told: tuple[str, ...]  # the hidden values
    pattern: re.Pattern[str]
    word: str = HIDDEN

    @classmethod
    def over(cls, known: Iterable[object], names: Sequence[str], *, word: str = HIDDEN) -> Self:
        """Return the veil over what is `known` of a customer: attributes, and the data of events."""
        paths = frozenset(_path(name) for name in names)
        values = {value.strip() for each in known for value in _hidden_values(each, paths)} if paths else set()
        looked_for = sorted((value for value in values if len(value) >= _SHORTEST), key=lambda value: (-len(value), value))
        pattern = re.compile("|".join(map(_written, looked_for)), re.IGNORECASE) if looked_for else _NOTHING
        return cls(paths, tuple(values), pattern, word)

    def data(self, value: object) -> Any:
        """Return attributes or an event's data without what is hidden, in fields of other names as well."""
        return self._data(value, ()) if self.names else value

    def text(self, text: str) -> str:
        """Return a text without the hidden values that are written in it."""
        return self.pattern.sub(lambda _: self.word, text)

    def part(self, text: str) -> str:
        """Return words that were taken from what the customer wrote: hidden too where they come from a hidden field."""
        taken = bool(text) and any(text.casefold() in value.casefold() for value in self.told)
        return self.word if taken else self.text(text)

    def _data(self, value: object, path: Path) -> Any:
        if value is not None and _is_named(path, self.names):
            return self.word
        match value:
            case Mapping():
                return {name: self._data(each, (*path, *_path(str(name)))) for name, each in value.items()}
            case list() | tuple():
                return [self._data(each, path) for each in value]
            case str():
                return self.text(value)
            case int() | float() if not isinstance(value, bool) and self.pattern.fullmatch(str(value)):
                return self.word
        return value


def _path(name: str) -> Path:
    return tuple(part.strip() for part in name.casefold().split("."))


def _is_named(path: Path, names: frozenset[Path]) -> bool:
    return any(path[start:] in names for start in range(len(path)))


def _hidden_values(value: object, names: frozenset[Path], path: Path = (), *, hidden: bool = False) -> Iterator[str]:
    hidden = hidden or _is_named(path, names)
    match value:
        case Mapping():
            for name, each in value.items():
                yield from _hidden_values(each, names, (*path, *_path(str(name))), hidden=hidden)
        case list() | tuple():
            for each in value:
                yield from _hidden_values(each, names, path, hidden=hidden)
        case str() | int() | float() if hidden and not isinstance(value, bool):
            yield str(value)


def _written(value: str) -> str:
    """Return a pattern for a value however it is written: numbers with separators, words with any space between them."""
    if re.fullmatch(r"\d+(\.\d+)?", value):
        whole, _, rest = value.partition(".")
        return rf"(?<!\d){_SEPARATORS.join(whole)}{'[.,]' + rest if rest else ''}(?!\d)"
    return _NOT_AFTER + r"\s+".join(map(re.escape, value.split())) + _NOT_BEFORE
