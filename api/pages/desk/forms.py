"""What an agent typed into the desk's forms, and what does not fit in it: each fault named by its field, with the fix."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from orchestrator.errors import BadInput, OrchestratorError
from orchestrator.escalations.sub_dispositions import SUB_DISPOSITIONS
from orchestrator.queueing.rescheduling import NotAllowedThen
from orchestrator.queueing.working import Hold

LONGEST_NOTE = 4000
OUTCOMES: Mapping[str, tuple[str, ...]] = {each.value: subs for each, subs in SUB_DISPOSITIONS.items()}

# How a call ended, where that suggests what the agent is about to choose.
SUGGESTED: Mapping[str, str] = {
    "no_answer": "no_answer/rang_out",
    "busy": "no_answer/busy",
    "machine": "voicemail/no_message_left",
    "voicemail": "voicemail/no_message_left",
    "invalid_number": "wrong_number/number_not_in_use",
    "wrong_number": "wrong_number/another_person",
}


def _(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it came, to be shown again: `values` by field, `faults` by field in English."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


class Unfit(BadInput):
    """A form that cannot be taken; `text` is for the person, `field` is where."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__("the form does not fit", field=field, fix=text)
        self.text = text


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What came of a task, checked."""

    disposition: str
    sub_disposition: str
    notes: str | None
    worth_calling: bool | None


def wrap_up(outcome: str, notes: str, worth: str) -> WrapUp:
    """Read the wrap-up. Raises `Unfit`."""
    disposition, _slash, sub = outcome.partition("/")
    if sub not in OUTCOMES.get(disposition, ()):
        raise Unfit("outcome", _("Choose what came of the call, and why."))
    return WrapUp(disposition, sub, note_of(notes), {"yes": True, "no": False}.get(worth))


def note_of(notes: str) -> str | None:
    """Read the note; None for an empty one. Raises `Unfit`."""
    if len(notes) > LONGEST_NOTE:
        raise Unfit("notes", _("Shorten the note to 4,000 characters."))
    return notes.replace("\0", "").strip() or None


def agreed_time(at: str) -> datetime:
    """Read a time that was offered. Raises `Unfit`."""
    try:
        read = datetime.fromisoformat(at)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise Unfit("at", _("Choose one of the times offered."))
    return read


def pause_code(presence: str, code: str, known: Mapping[str, str]) -> str | None:
    """Read the reason of a pause, which every pause has. Raises `Unfit`."""
    if presence != "paused":
        return None
    if code not in known:
        raise Unfit("pause_code", _("Choose why you pause."))
    return code


def known_reason(code: str, known: Mapping[str, str]) -> str:
    """Read why an offer is rejected. Raises `Unfit`."""
    if code not in known:
        raise Unfit("reason", _("Choose why not."))
    return code


def hold_of(task_id: UUID, agent_id: UUID, fence: str) -> Hold:
    """Return by what the agent holds the task; a fence that is none holds nothing."""
    return Hold(task_id, agent_id, int(fence) if fence.isascii() and fence.isdigit() and len(fence) < 10 else -1)


def fault_of(error: OrchestratorError) -> tuple[str, str] | None:
    """Return the field that `error` is about and what to do there; None where it is about no field of a form."""
    match error:
        case Unfit(field=str(name), text=text):
            return name, text
        case NotAllowedThen():
            return "at", _("No call is allowed at that time. Choose one of the times offered.")
        case BadInput(field="sub_disposition"):
            return "outcome", _("Choose what came of the call, and why.")
        case BadInput(field=str(name)):
            return name, _("This does not fit. Choose again.")
    return None
