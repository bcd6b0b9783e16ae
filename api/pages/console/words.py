"""The words people read for our codes. What stands in none of these tables is shown as the code it is."""

from collections.abc import Mapping

from api.pages.desk.words import DISPOSITIONS, PAUSES
from orchestrator.escalations.plan import Result

__all__ = (
    "ALARM",
    "ATTEMPT",
    "DISPOSITION",
    "DOING",
    "MESSAGE",
    "PAUSES",
    "PROMISE",
    "REASON",
    "STAGE",
    "STATE",
    "TASK",
    "word",
)


def _(text: str) -> str:
    """Mark a text for the catalogue; templates translate it."""
    return text


DOING = {
    "free": _("Free"),
    "offered": _("Has an offer"),
    "preparing": _("Preparing"),
    "dialing": _("Dialing"),
    "talking": _("Talking"),
    "wrapping": _("Wrapping up"),
    "paused": _("Paused"),
    "silent": _("No sign of life"),
    "offline": _("Offline"),
}

TASK = {
    "queued": _("Waiting"),
    "reserved": _("Offered"),
    "assigned": _("With an agent"),
    "dialing": _("Dialing"),
    "connected": _("In a call"),
    "wrapping": _("Wrapping up"),
    "done": _("Done"),
    "withdrawn": _("Withdrawn"),
}

ALARM = {
    "help_asked": _("Agents ask for help"),
    "promises_overdue": _("Promises are overdue"),
    "nobody_on_duty": _("Nobody is on duty for what waits"),
    "silent_desks": _("Desks give no sign of life"),
    "deliveries_set_aside": _("Cases were not told of a change"),
    "events_refused": _("Events were refused"),
    "calls_unclear": _("Calls are unclear: nobody knows yet whether they rang"),
}

STAGE = {
    "seen": _("Seen"),
    "eligible": _("Eligible"),
    "queued": _("Queued"),
    "dialed": _("Dialed"),
    "reached": _("Reached"),
    "solved": _("Solved"),
}

PROMISE = {
    "written": _("Not said yet"),
    "open": _("Open"),
    "kept": _("Kept"),
    "renewed": _("Renewed"),
    "broken": _("Broken"),
    "released": _("Released"),
    "unsaid": _("Never said"),
}

STATE = {
    "open": _("Open"),
    "waiting": _("Waiting for an allowed time"),
    "queued": _("Queued"),
    "reserved": _("Offered"),
    "assigned": _("With an agent"),
    "dialing": _("Dialing"),
    "connected": _("In a call"),
    "wrapping": _("Wrapping up"),
    "closed": _("Closed"),
}

# Why a moment came no further, how a call or a case ended, and which gate said no.
REASON = {
    "under_way": _("Still under way"),
    "no_case": _("No case is kept"),
    "withdrawn": _("A later event showed it never was"),
    "control": _("Not called on purpose: the comparison group"),
    "joined": _("Joined an open case"),
    "escalate": _("Opened a case"),
    "worth": _("Not worth its cost"),
    "cooldown": _("Called for this lately"),
    "consent": _("No consent"),
    "paused": _("The rule was paused"),
    "do_not_call": _("Do not call"),
    "holdout": _("Not called on purpose: the comparison group"),
    "frequency": _("Contacted often enough"),
    "calling_hours": _("No allowed hour where the customer is"),
    "rest": _("The customer's day of rest"),
    "business_hours": _("The queue was closed"),
    "staffing": _("No agent on duty"),
    "budget": _("The budget was used up"),
    "kill_switch": _("Calls were switched off"),
    "late_grace": _("Waiting for late events"),
    "still_needed": _("No longer needed"),
    "expired": _("Expired"),
    "suppressed": _("Suppressed"),
    "solved": _("Solved"),
    "not_solved": _("Not solved"),
    "resolved_by_customer": _("The customer did it alone"),
    "unreachable": _("Not reached"),
    "declined": _("Declined"),
    "opted_out": _("Wants no more calls"),
    "failed": _("Failed"),
    "canceled": _("Canceled"),
    "spoken": _("Spoken with"),
    "answered": _("Answered, not joined"),
    "completed": _("Answered"),
    "machine": _("Answering machine"),
    "busy": _("Busy"),
    "no_answer": _("No answer"),
    "invalid_number": _("The number does not exist"),
    "refused": _("Refused by the carrier"),
    "abandoned": _("Answered, and no agent was there"),
    "unknown": _("Nobody knows whether it rang"),
    "not_placed": _("Never rang"),
    "rescheduled": _("Rescheduled with the customer"),
    "late": _("Late"),
    "late_apology": _("The apology came too late"),
    "connected": _("A person spoke with the customer"),
    "nobody_free": _("No agent was free"),
    "replanned": _("The plan has changed"),
}

# What came of a task: what its agent chose, or what the call itself told.
DISPOSITION = {
    **{code.value: REASON[code] for code in Result if code in REASON},
    **DISPOSITIONS,
    "not_stated": _("Nothing was written down"),
    "later": _("To be called later"),
}

MESSAGE = {
    "prepared": _("About to go out"),
    "submitting": _("About to go out"),
    "sent": _("Sent"),
    "delivered": _("Delivered"),
    "undelivered": _("Did not arrive"),
    "refused": _("Refused by the carrier"),
    "unknown": _("Nobody knows whether it arrived"),
    "canceled": _("Not sent: the case had ended before"),
}

ATTEMPT = {
    "prepared": _("About to go out"),
    "submitting": _("About to go out"),
    "submitted": _("On its way"),
    "ringing": _("Ringing"),
    "connected": _("In a call"),
    "unknown": _("Nobody knows whether it rang"),
    "ended": _("Ended"),
}


def word(codes: Mapping[str, str], code: str) -> str:
    """Return the English words of `code`, to be translated; for an unknown one, the code with spaces."""
    return codes.get(code) or code.replace("_", " ").replace(":", ": ")
