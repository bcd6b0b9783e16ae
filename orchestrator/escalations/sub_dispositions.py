"""The finer reason an agent gives with a disposition: a short list for each that needs one. Pure."""

from collections.abc import Mapping

from orchestrator.errors import BadInput
from orchestrator.escalations.outcome import Disposition

SUB_DISPOSITIONS: Mapping[Disposition, tuple[str, ...]] = {
    Disposition.SOLVED: ("finished_together", "explained", "put_right", "sold", "handed_on"),
    Disposition.NOT_SOLVED: ("needs_another_department", "no_answer_to_give", "customer_unhappy", "system_failed"),
    Disposition.DECLINED: ("not_interested", "too_expensive", "went_elsewhere", "done_already", "bad_moment"),
    Disposition.NEVER_CALL: ("asked_in_the_call", "asked_before"),
    Disposition.NO_ANSWER: ("rang_out", "busy", "hung_up_at_once"),
    Disposition.WRONG_NUMBER: ("another_person", "number_not_in_use"),
    Disposition.VOICEMAIL: ("message_left", "no_message_left"),
    Disposition.CALL_AGAIN: ("customer_asked", "line_was_bad", "cut_off"),
}


def check_sub(disposition: str, sub: str | None) -> None:
    """Raise `BadInput` for a sub-disposition that does not belong to the disposition; None is always taken."""
    known = next((subs for each, subs in SUB_DISPOSITIONS.items() if each.value == disposition), ())
    if sub is not None and sub not in known:
        fix = f"one of {' '.join(known)}" if known else "leave it out: this disposition has none"
        raise BadInput("there is no such sub-disposition here", field="sub_disposition", fix=fix)
