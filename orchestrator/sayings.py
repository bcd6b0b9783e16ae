"""Sentences for people that keep their words and their values apart, so that a page can say them in another language. Pure."""

from collections.abc import Mapping
from typing import Any, Self


class Saying(str):
    """A text in English. `words` is its pattern, by which catalogues know it; `values` fill the pattern's braces.

    A value that is a saying itself is said in the reader's language too; all others stand as they are.
    """

    words: str = ""
    values: Mapping[str, Any] = {}

    @classmethod
    def made(cls, text: str, words: str, values: Mapping[str, Any]) -> Self:
        made = cls(text)
        made.words, made.values = words, values
        return made


def saying(words: str, **values: Any) -> Saying:
    """Fill `words` and return the text, which remembers both."""
    return Saying.made(words.format_map(values), words, values)


def both(message: str, fix: str) -> Saying:
    """Return what is wrong and how to mend it, as one."""
    parts = [each if isinstance(each, Saying) else Saying.made(each, each, {}) for each in (message, fix) if each]
    return saying("{first} {then}", first=parts[0], then=parts[1]) if len(parts) > 1 else parts[0]
