"""What the desk calls the codes of the domain. English here; templates translate what these return."""

from collections.abc import Mapping

from orchestrator.escalations.states import Outcome
from orchestrator.queueing.missing import Fate
from orchestrator.queueing.progress import Progress
from orchestrator.queueing.pulling import SENTENCES, Nothing
from orchestrator.queueing.tables import Presence


def _(text: str) -> str:
    """Mark a text for the catalogue."""
    return text


PRESENCES: Mapping[str, str] = {
    Presence.AVAILABLE: _("Available"),
    Presence.PAUSED: _("Paused"),
    Presence.OFFLINE: _("Offline"),
    Presence.NOT_ANSWERING: _("Not answering"),
}
PAUSES: Mapping[str, str] = {
    "break": _("Break"),
    "lunch": _("Lunch"),
    "meeting": _("Meeting"),
    "training": _("Training"),
    "desk_work": _("Work at the desk"),
    "technical": _("Technical trouble"),
    "other": _("Something else"),
}
REJECTIONS: Mapping[str, str] = {
    "know_customer": _("I know this customer privately"),
    "not_my_subject": _("I cannot help with this subject"),
    "language": _("I do not speak the language well enough"),
    "break_due": _("My break is due"),
    "other": _("Something else"),
}
PROGRESS: Mapping[str, str] = {
    Progress.OFFERED: _("On offer to you"),
    Progress.HELD: _("The customer is being called for you: answer your phone when it rings"),
    Progress.READY: _("Ready to call"),
    Progress.REQUESTED: _("Your phone is about to ring"),
    Progress.RINGING_YOU: _("Your phone is ringing: answer it"),
    Progress.DIALING: _("Dialing the customer"),
    Progress.RINGING: _("The customer's phone is ringing"),
    Progress.JOINING: _("The customer has answered"),
    Progress.TALKING: _("You are talking with the customer"),
    Progress.HANGING_UP: _("Hanging up"),
    Progress.OVER: _("The call is over: write down what came of it"),
}
GONE: Mapping[str, str] = {
    Outcome.RESOLVED_BY_CUSTOMER: _("The customer has got there alone: no call is needed any more."),
    Outcome.CANCELED: _("A supervisor has withdrawn this task."),
    Outcome.OPTED_OUT: _("The customer wants no more calls."),
    Outcome.EXPIRED: _("The reason to call has expired."),
    Outcome.SUPPRESSED: _("This customer may not be called for this."),
    Outcome.DECLINED: _("The customer has declined."),
    Outcome.UNREACHABLE: _("The customer could not be reached; the plan has ended."),
    Outcome.FAILED: _("The case was closed after a failure on our side."),
    "kill_switch": _("Calls were stopped before this one was dialed: it comes back when they go on."),
    "server": _("The time for writing down was over; the server has ended the task."),
    "given_on": _("This task is no longer with you: the offer ran out, or it was given to somebody else."),
}
FATES: Mapping[str, str] = {
    Fate.AGAIN: _("It is offered to you again."),
    Fate.COLLEAGUE: _("It went to a colleague."),
    Fate.WAITING: _("It waits in its place in the queue."),
    Fate.OVER: _("No call is needed there any more."),
}
GONE_OTHERWISE = _("This task is over.")
NOTHING: Mapping[Nothing, str] = SENTENCES  # these sentences stand in the catalogue as they are
TRIED: Mapping[str, str] = {
    "call": _("Phone call"),
    "message": _("Message"),
    "talk": _("Talk"),
    "talked": _("answered, and spoken with"),
    "completed": _("answered, and hung up at once"),
    "no_answer": _("no answer"),
    "busy": _("busy"),
    "machine": _("answering machine"),
    "failed": _("failed"),
    "invalid_number": _("the number does not exist"),
    "canceled": _("not placed"),
    "not_placed": _("not placed"),
    "refused": _("refused by the carrier"),
    "abandoned": _("answered, and nobody was there"),
    "unknown": _("nobody knows whether it rang"),
    "prepared": _("about to go out"),
    "submitting": _("about to go out"),
    "submitted": _("on its way"),
    "ringing": _("ringing now"),
    "connected": _("under way now"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "undelivered": _("did not arrive"),
    "not_stated": _("nothing was written down"),
    "later": _("asked to be called later"),
    "solved": _("solved"),
    "not_solved": _("not solved"),
    "declined": _("declined"),
    "never_call": _("asked never to be called"),
    "wrong_number": _("wrong number"),
    "voicemail": _("answering machine"),
    "call_again": _("to be called again"),
}
PROMISES: Mapping[str, str] = {
    "open": _("still to be kept"),
    "kept": _("kept"),
    "renewed": _("moved, with an apology"),
    "broken": _("broken"),
}
