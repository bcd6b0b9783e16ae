"""Choices that change a part of a rule as a whole: how it detects, by what deadline, what a step is."""

import re

from orchestrator.detection.editing.fields import ORDER, path_of
from orchestrator.detection.editing.form import Form
from orchestrator.detection.editing.scalars import in_lines, without_braces
from orchestrator.detection.editing.splices import drop, move, put, put_lines
from orchestrator.detection.yaml_files import YamlValue

_PATTERNS = {"occurrence": "on", "absence": "start", "score": "events"}
_NEW: dict[str, dict[str, YamlValue]] = {
    "occurrence": {},
    "absence": {"until": [], "within": "1d"},
    "score": {"within": "1d", "threshold": 3},
}
_STEPS: dict[str, tuple[str, ...]] = {
    "callback": ("queue", "due", "tell", "script", "closed", "attempts"),
    "call": ("queue", "script", "closed", "attempts"),
    "message": ("template",),
}

_DEED = re.compile(r"(add|remove|up|down):((?:detect\.[a-z]{1,20}\.[a-z]{1,20}|resolve|(?:split\.)?steps)(?:\.[0-9]{1,4})?)")


def with_way(text: str, way: str) -> str:
    """Return a rule that detects in another of `WAYS`."""
    kind = "absence" if way == "date" else way
    if Form.read(text).kind != kind:
        text = with_kind(text, kind)
    wanted = "due" if way == "date" else "within"
    return with_deadline(text, wanted) if kind == "absence" and not Form.read(text).has(f"detect.absence.{wanted}") else text


def with_kind(text: str, kind: str) -> str:
    """Return a rule that detects in another way, on the same events with the same conditions."""
    form = Form.read(text)
    old = form.at(("detect", form.kind)) if form.kind else None
    had = old if isinstance(old, dict) else {}
    patterns = had.get(_PATTERNS.get(form.kind, ""))
    new: dict[str, YamlValue] = {_PATTERNS[kind]: _weightless(patterns, kind) or [{"type": ""}], **_NEW[kind]}
    new |= {key: had[key] for key in ("until", "within", "key") if key in had and (key in _NEW[kind] or key == "key")}
    ordered = {key: new[key] for key in sorted(new, key=ORDER.index) if new[key] != []}
    return put_lines(text, ("detect",), in_lines({kind: ordered}))


def _weightless(patterns: YamlValue, kind: str) -> YamlValue:
    """Leave weights to the events that are counted."""
    if kind == "score" or not isinstance(patterns, list):
        return patterns
    return [
        {key: each for key, each in item.items() if key != "weight"} if isinstance(item, dict) else item for item in patterns
    ]


def with_deadline(text: str, deadline: str) -> str:
    """Return a rule that waits for a time after the start, or until before a date that the event names."""
    at = ("detect", "absence")
    if deadline == "within":
        return drop(put(text, (*at, "within"), "1d", order=ORDER), (*at, "due"))
    due: YamlValue = {"at": "event.data.ends_at", "before": "30d"}
    text = drop(put(text, (*at, "due"), due, order=ORDER), (*at, "within"))
    return drop(text, (*at, "touch"))


def with_step(text: str, dotted: str, kind: str) -> str:
    """Return a rule with the step at `dotted` of another kind, which keeps what both kinds know."""
    form, path = Form.read(text), path_of(dotted)
    old = form.at((*path, form.step(dotted))) if form.step(dotted) else None
    had = old if isinstance(old, dict) else {}
    new: dict[str, YamlValue] = {key: had[key] for key in _STEPS[kind] if key in had}
    return put(text, path, {kind: new or {_STEPS[kind][0]: ""}})


def with_split(text: str) -> str:
    """Return a rule whose customers take the same steps by halves, as plan A and as plan B, for either to be changed."""
    steps = Form.read(text).at(("steps",))
    if not isinstance(steps, list) or not steps or Form.read(text).has("split"):
        return text
    placed = put(text, ("split",), {"share": "50%"}, order=ORDER)
    return put_lines(placed, ("split",), ["share: 50%", "steps:", *(f"  - {without_braces(step)}" for step in steps)])


def do(text: str, deed: str, *, queue: str = "") -> str:
    """Return the document after a button: `add:PATH`, `remove:PATH`, `up:PATH`, `down:PATH` of a list's items, `add:split` and
    `remove:split` of the second plan."""
    if deed == "add:split":
        return with_split(text)
    if deed == "remove:split":
        return drop(text, ("split",))
    if (match := _DEED.fullmatch(deed)) is None:
        return text
    verb, dotted = match.groups()
    path = path_of(dotted)
    match verb:
        case "add":
            step: YamlValue = {"callback": {"queue": queue, "due": "2h"}}
            number = Form.read(text).count(dotted)
            return put(text, (*path, number), step if path[-1] == "steps" else {"type": ""}, order=ORDER)
        case "remove":
            return drop(text, path)
        case "up" | "down":
            return move(text, path, -1 if verb == "up" else 1)
    return text
