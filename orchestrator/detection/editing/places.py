"""Which field of the form a line and column of the document belong to."""

from orchestrator.detection.editing.fields import dotted
from orchestrator.detection.yaml_files import Path, YamlFile

# What has a field of its own; what else there is belongs to the part of the form around it.
_FIELDS = frozenset(
    {"rule", "title", "en", "he", "moment", "stage", "purpose", "grace", "priority", "expires", "cooldown", "holdout", "zone"}
    | {"type", "where", "weight", "within", "at", "before", "threshold", "key", "value", "chance", "call_cost", "template"}
    | {"queue", "due", "tell", "script", "closed", "max", "no_answer", "busy", "machine", "confidence", "share"}
)
_PARTS = frozenset({"detect", "on", "start", "touch", "until", "events", "resolve", "steps", "split", "worth"})


def path_at(file: YamlFile, line: int, column: int) -> Path:
    """Return the path of the value that begins there, or else of the last one that begins before."""
    reached = [(spot.line, spot.column, len(path), path) for path, spot in file.values.items()]
    before = [each for each in reached if each[:2] <= (line, column)]
    return max(before, key=lambda each: each[:3])[3] if before else ()


def field_of(path: Path) -> str:
    """Return the field, or the part of the form, at which to say something of the value at `path`."""
    while path:
        if path[-1] in _FIELDS or path[-1] in _PARTS or isinstance(path[-1], int):
            return dotted(("title", "en") if path == ("title",) else path)
        path = path[:-1]
    return ""
