"""The places in words that are filled as they are said, written `{when}`. Pure."""

import re
from collections.abc import Set
from enum import StrEnum


class Place(StrEnum):
    """What may stand in a place, where the words allow it."""

    WHEN = "when"  # the time that is promised
    WHO = "who"  # for whom we speak
    ABOUT = "about"  # why we call


_PLACE = re.compile(r"\{([a-z]+)\}")
_BRACED = re.compile(r"\{[^{}]*\}")


def fill(words: str, **values: str) -> str:
    """Return the words with their places filled; what is no place of these stays as it is written."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), words)


def named(words: str) -> set[str]:
    """Return the names that stand in braces, whether they are places or not."""
    return {found[0][1:-1] for found in _BRACED.finditer(words)}


def strange(words: str, allowed: Set[Place]) -> str | None:
    """Return the first name in braces that is none of `allowed`."""
    return next((found[0] for found in _BRACED.finditer(words) if found[0][1:-1] not in allowed), None)


def is_unbalanced(words: str) -> bool:
    """Tell whether a brace stands alone."""
    rest = _BRACED.sub("", words)
    return "{" in rest or "}" in rest
