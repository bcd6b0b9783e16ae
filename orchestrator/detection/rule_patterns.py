"""The patterns of a rule with their paths, and those among them by which it fires."""

from collections.abc import Iterator, Sequence

from orchestrator.detection.rules import PatternDocument, RuleDocument
from orchestrator.detection.yaml_files import Path

Placed = tuple[Path, PatternDocument]


def patterns_of(document: RuleDocument) -> Iterator[Placed]:
    """Yield every pattern of a rule."""
    yield from triggers_of(document)
    detect = document.detect
    if detect.absence is not None:
        yield from _placed(("detect", "absence", "touch"), detect.absence.touch)
        yield from _placed(("detect", "absence", "until"), detect.absence.until)
    if detect.score is not None:
        yield from _placed(("detect", "score", "until"), detect.score.until)
    yield from _placed(("resolve",), document.resolve)


def triggers_of(document: RuleDocument) -> Iterator[Placed]:
    """Yield the patterns whose events lead to a moment: `on`, `start`, or those that are counted."""
    detect = document.detect
    if detect.occurrence is not None:
        yield from _placed(("detect", "occurrence", "on"), detect.occurrence.on)
    if detect.absence is not None:
        yield from _placed(("detect", "absence", "start"), detect.absence.start)
    if detect.score is not None:
        yield from _placed(("detect", "score", "events"), detect.score.events)


def _placed(path: Path, patterns: Sequence[PatternDocument]) -> Iterator[Placed]:
    for index, pattern in enumerate(patterns):
        yield (*path, index), pattern
