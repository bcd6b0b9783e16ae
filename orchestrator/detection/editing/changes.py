"""What was changed in a form, done to the document it was made from, or to what has become of that meanwhile."""

from orchestrator.detection.editing.fields import ORDER, path_of, value_of
from orchestrator.detection.editing.form import STEPS, WAYS, Form
from orchestrator.detection.editing.posted import Posted
from orchestrator.detection.editing.reshaping import with_step, with_way
from orchestrator.detection.editing.rows import write_rows
from orchestrator.detection.editing.splices import drop, put
from orchestrator.detection.yaml_files import YamlValue

# Keys that keep their place while their value is typed anew; others go with their value.
_STAYING = frozenset({"type", "queue", "template", "at", "threshold", "rule", "moment", "expires", "within", "share"})


def apply(text: str, posted: Posted, *, base: str) -> str:
    """Return `text` with what `posted` changes in the form of `base`; the very same text where that is nothing.

    Raises `BadYaml` where one of the two cannot be read, and `NotEditable`.
    """
    before = Form.read(base)
    for dotted, typed in posted.values.items():
        if typed != before.text(dotted):
            text = _set(text, dotted, typed)
    for dotted, rows in posted.rows.items():
        whole = [row for each in rows if (row := each.read()) is not None]
        shown = before.rows(dotted)
        if shown is not None and whole != [each.read() for each in shown]:
            text = _set(text, dotted, write_rows(whole) if whole else "")
    return _reshaped(text, posted, before)


def _reshaped(text: str, posted: Posted, before: Form) -> str:
    if posted.way in WAYS and posted.way != before.way:
        text = with_way(text, posted.way)
    for dotted, kind in posted.steps.items():
        if kind in STEPS and kind != before.step(dotted):
            text = with_step(text, dotted, kind)
    return text


def _set(text: str, dotted: str, typed: str) -> str:
    now, path = Form.read(text), path_of(dotted)
    if now.text(dotted) == typed:
        return text
    if path[0] == "title" and isinstance(plain := now.at(("title",)), str):
        titles: YamlValue = {"en": plain, str(path[-1]): typed}
        return put(text, ("title",), titles if typed else plain)
    if typed or path[-1] in _STAYING:
        return put(text, path, value_of(path, typed), order=ORDER)
    return drop(text, path)
