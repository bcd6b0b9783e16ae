"""A rule in the editor: its YAML, the form that shows the same, and what is wrong at which field of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from api.pages.rules.faults import Fault
from orchestrator.detection.editing.changes import apply
from orchestrator.detection.editing.fields import path_of
from orchestrator.detection.editing.form import Form
from orchestrator.detection.editing.places import field_of, path_at
from orchestrator.detection.editing.posted import Posted
from orchestrator.detection.editing.reshaping import do
from orchestrator.detection.editing.splices import NotEditable
from orchestrator.detection.editing.typed_rows import TypedRow
from orchestrator.detection.lint.findings import Finding, Severity
from orchestrator.detection.yaml_files import BadYaml
from orchestrator.intake.catalogue import EVENT_TYPES, EventType
from orchestrator.sayings import both

_DURATION = re.compile(r"([0-9]+)([smhd])")
_NOTHING = Posted({}, {})
_MOST = 60  # patterns: beyond that a form is no help, and more fields than are taken in one request


@dataclass(frozen=True, slots=True)
class Note:
    """What is said at a field. What is no error is something to look at."""

    text: str
    is_error: bool = True


Notes = Mapping[str, Sequence[Note]]


@dataclass(frozen=True, slots=True)
class Editor:
    """`base` is the text that the form shows, which is not `document` while that cannot be read; `typed` is what the form
    held and the document does not say. Without a `form` there is none to show."""

    document: str
    base: str
    form: Form | None
    typed: Posted = _NOTHING
    told: str | None = None
    side: str = "form"
    focus: str = ""
    notes: Notes = field(default_factory=dict)

    @classmethod
    def of(cls, document: str) -> Self:
        return cls(document, document, _form(document))

    def text(self, dotted: str) -> str:
        assert self.form is not None
        return self.typed.values.get(dotted, self.form.text(dotted))

    def amount(self, dotted: str) -> tuple[str, str]:
        """Return the number and the unit of a duration; what is none stands whole in the number's place."""
        text = self.text(dotted)
        match = _DURATION.fullmatch(text)
        return (match[1], match[2]) if match else (text, "")

    def rows(self, dotted: str) -> Sequence[TypedRow] | None:
        assert self.form is not None
        return self.typed.rows[dotted] if dotted in self.typed.rows else self.form.rows(dotted)

    def is_wrong(self, dotted: str) -> bool:
        return any(note.is_error for note in self.notes.get(dotted, ()))

    def event_type(self, pattern: str) -> EventType | None:
        return EVENT_TYPES.get(self.text(f"{pattern}.type"))

    def with_notes(self, faults: Sequence[Fault], findings: Sequence[Finding]) -> Self:
        """Return the same with each fault and finding at the field it concerns."""
        notes: dict[str, list[Note]] = {}
        for fault in faults:
            if fault.field is not None:
                told = both(fault.message, fault.fix)
                notes.setdefault(field_of(path_of(_dotted(fault.field))), []).append(Note(told))
        if self.form is not None:
            for finding in findings:
                path = path_at(self.form.file, finding.line, finding.column)
                told = both(finding.told, finding.fix)
                notes.setdefault(field_of(path), []).append(Note(told, finding.severity is Severity.ERROR))
        return replace(self, notes=notes)


def edited(document: str, base: str, fields: Mapping[str, str], *, queue: str) -> Editor:
    """Return what the editor shows after a request: the document with all that the form changed in it."""
    deed, base = fields.get("deed", ""), base or document
    sent = Posted.of(fields)
    posted = sent.after(deed)
    side = {"as_yaml": "yaml", "as_form": "form"}.get(deed, fields.get("side", "form"))
    try:
        if not isinstance(Form.read(document).file.value, dict):
            return replace(Editor.of(document), side=side)
        text = do(apply(document, posted, base=base), deed, queue=queue)
        form = Form.read(text)
    except BadYaml:
        known = _form(base)
        return Editor(document, base if known else document, known, posted, told="unreadable", side=side)
    except NotEditable:
        return Editor(document, base, _form(base), posted, told="not_editable", side=side)
    unfinished = Posted({}, posted.unfinished_after(deed))
    shown = form if _fits(form) else None
    return Editor(text, text, shown, unfinished, side=side, focus=_focus(form, unfinished, deed))


def _focus(form: Form, unfinished: Posted, deed: str) -> str:
    """Return the id of the field to go on at after a button."""
    verb, _, path = deed.partition(":")
    match verb:
        case "add" if path == "split":
            return "f.split.share"
        case "add":
            return f"f.{path}.{form.count(path) - 1}"
        case "condition":
            return f"cf.{path}.{len(unfinished.rows.get(path, ())) - 1}"
    return ""


def _form(text: str) -> Form | None:
    try:
        form = Form.read(text)
    except BadYaml:
        return None
    return form if _fits(form) else None


def _fits(form: Form) -> bool:
    lists = ("detect.occurrence.on", "detect.absence.start", "detect.absence.touch", "detect.absence.until")
    patterns = sum(
        form.count(each) for each in (*lists, "detect.score.events", "detect.score.until", "resolve", "steps", "split.steps")
    )
    return isinstance(form.file.value, dict) and patterns <= _MOST


def _dotted(place: str) -> str:
    return place.replace("[", ".").replace("]", "")
