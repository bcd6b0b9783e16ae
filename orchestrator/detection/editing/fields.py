"""What the form of a rule knows of its document: the keys in their order, and which values are numbers."""

import math
import re

from orchestrator.detection.yaml_files import Path, YamlValue

ORDER = (
    *("rule", "title", "moment", "stage", "purpose", "detect", "resolve", "grace", "priority", "worth"),
    *("confidence", "share", "steps", "split"),
    *("expires", "cooldown", "holdout", "zone"),
    *("occurrence", "absence", "score", "on", "start", "events", "touch", "type", "where", "weight"),
    *("callback", "call", "message", "queue", "template", "until", "within", "due", "tell", "script", "closed", "attempts"),
    *("threshold", "key", "at", "before", "max", "no_answer", "busy", "machine", "value", "chance", "call_cost", "en", "he"),
)
_NUMBERS = frozenset({"priority", "threshold", "weight", "max", "value", "chance", "call_cost", "confidence"})
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")


def path_of(dotted: str) -> Path:
    """Read `steps.0.callback.queue`."""
    return tuple(int(part) if part.isdecimal() else part for part in dotted.split("."))


def dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)


def value_of(path: Path, text: str) -> YamlValue:
    """Return what a text stands for where it is typed: a number where one is expected, else the text itself."""
    if path[-1] in _NUMBERS and _WHOLE.fullmatch(text):
        return int(text)
    if path[-1] in _NUMBERS and _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


def text_of(value: YamlValue) -> str:
    """Return a value as its field shows it; what is no single value shows nothing."""
    match value:
        case bool():
            return "true" if value else "false"
        case None | list() | dict():
            return ""
    return str(value)
