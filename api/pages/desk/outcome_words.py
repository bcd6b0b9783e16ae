"""What a call may come to, in words: the outcome, more exactly, and what happens next. English here."""

from collections.abc import Mapping

from orchestrator.escalations.outcome import Disposition


def _(text: str) -> str:
    """Mark a text for the catalogue; templates translate it."""
    return text


DISPOSITIONS: Mapping[str, str] = {
    Disposition.SOLVED: _("Solved"),
    Disposition.NOT_SOLVED: _("Not solved"),
    Disposition.DECLINED: _("The customer declined"),
    Disposition.CALL_AGAIN: _("Call again"),
    Disposition.NO_ANSWER: _("No answer"),
    Disposition.VOICEMAIL: _("Answering machine"),
    Disposition.WRONG_NUMBER: _("Wrong number"),
    Disposition.NEVER_CALL: _("Never call again"),
}
NEXT_STEPS: Mapping[str, str] = {
    Disposition.SOLVED: _("The case is closed."),
    Disposition.NOT_SOLVED: _("The case is closed as not solved."),
    Disposition.DECLINED: _("The case is closed; other reasons may still come up."),
    Disposition.CALL_AGAIN: _("The plan goes on and calls again soon."),
    Disposition.NO_ANSWER: _("The plan goes on and tries later."),
    Disposition.VOICEMAIL: _("The plan goes on and tries later."),
    Disposition.WRONG_NUMBER: _("The plan goes on without this number."),
    Disposition.NEVER_CALL: _("The customer is not called again, whatever happens."),
}
SUBS: Mapping[str, str] = {
    "finished_together": _("We finished it together"),
    "explained": _("Explained how it works"),
    "put_right": _("Put right what was wrong"),
    "sold": _("The customer bought"),
    "handed_on": _("Handed on to others"),
    "needs_another_department": _("Another department has to act"),
    "no_answer_to_give": _("I had no answer"),
    "customer_unhappy": _("The customer is not content"),
    "system_failed": _("Our system failed"),
    "not_interested": _("Not interested"),
    "too_expensive": _("Too expensive"),
    "went_elsewhere": _("Went to somebody else"),
    "done_already": _("Done already"),
    "bad_moment": _("A bad moment"),
    "asked_in_the_call": _("Asked in the call"),
    "asked_before": _("Had asked before"),
    "rang_out": _("It rang and nobody answered"),
    "busy": _("Busy"),
    "hung_up_at_once": _("Hung up at once"),
    "another_person": _("It belongs to another person"),
    "number_not_in_use": _("It is not in use"),
    "message_left": _("I left a message"),
    "no_message_left": _("I left no message"),
    "customer_asked": _("The customer asked for it"),
    "line_was_bad": _("The line was bad"),
    "cut_off": _("We were cut off"),
}
