"""What somebody saw of a document when they changed it, and how two of its versions differ."""

import difflib
import re
from dataclasses import dataclass

_TAG = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


@dataclass(frozen=True, slots=True)
class Seen:
    """What the author of a change saw: the tag of a version (`*`: whichever there is); `absent`: that there was none."""

    tag: str | None = None
    absent: bool = False

    def fits(self, version: int) -> bool:
        return self.tag is not None and (self.tag.strip() == "*" or self.version == version)

    @property
    def version(self) -> int | None:
        found = None if self.tag is None else _TAG.fullmatch(self.tag.strip())
        return None if found is None else int(found[1])


ANYTHING = Seen("*", absent=True)  # for whoever decides without having looked, at a terminal


def unified(old: str, new: str, *, since: str, to: str) -> str:
    """Return the difference of two texts as a unified diff; `since` and `to` name them."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), fromfile=since, tofile=to, lineterm="")
    return "".join(f"{line}\n" for line in lines)
