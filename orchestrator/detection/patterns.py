"""Patterns: which events a rule looks at, by a glob over the whole type and a condition."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.detection.exact import ONE, Amount
from orchestrator.detection.expressions import Expression


def type_matcher(glob: str) -> Callable[[str], bool]:
    """Return a test for event types. `*` stands for any characters, dots and none included; nothing else is special."""
    if "*" not in glob:
        return glob.__eq__
    matches = re.compile(".*".join(re.escape(part) for part in glob.split("*")), re.DOTALL).fullmatch
    return lambda event_type: matches(event_type) is not None


@dataclass(frozen=True, slots=True)
class Pattern:
    """`where` None matches every event of the type. `place` names it in errors, such as `detect.absence.start[0]`."""

    type: str
    where: Expression | None
    place: str
    weight: Amount = ONE

    def matches_type(self, event_type: str) -> bool:
        return type_matcher(self.type)(event_type)
