"""Why a moment came no further, how a call or a case ended, which gate said no, and what came of a task, in words."""

from api.pages.desk.outcome_words import DISPOSITIONS
from orchestrator.escalations.plan import Result


def _(text: str) -> str:
    """Mark a text for the catalogue; templates translate it."""
    return text


REASON = {
    "under_way": _("Still under way"),
    "no_case": _("No case is kept"),
    "withdrawn": _("A later event showed it never was"),
    "control": _("Not called on purpose: the comparison group"),
    "joined": _("Joined an open case"),
    "escalate": _("Opened a case"),
    "worth": _("Not worth its cost"),
    "message_instead": _("A call was not worth it: a message went instead"),
    "message_due": _("A call was not worth it: a message is to go instead"),
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
    "merged": _("Went on as another case of the same person"),
    "taken_back": _("Taken back by us, and the customer was told"),
    "taken_back_untold": _("Taken back by us, and no message could go to the customer"),
    "taken_back_silently": _("Taken back by us, and the customer was not told on purpose"),
    "nobody_free": _("No agent was free"),
    "replanned": _("The plan has changed"),
}

# Why a case is not a task yet, as a sentence.
HELD = {
    "grace": _("They may still get there alone: left in peace for a while"),
    "pause": _("A pause before the next try"),
    "unsettled_call": _("Nobody knows yet how the last call ended"),
    "no_such_queue": _("Their queue is missing: add it in the settings"),
    "phone_missing": _("No number is known"),
    "phone_not_text": _("Their number is no number"),
    "phone_star_code": _("Their number works in one network only"),
    "phone_no_region": _("Their number lacks the country"),
    "phone_not_a_number": _("Their number is no number"),
    "phone_invalid": _("Their number cannot exist"),
    "phone_extension": _("Their number leads to a switchboard"),
    "staffing": _("Nobody is on duty for them"),
    "business_hours": _("Their queue is closed at this hour"),
    "calling_hours": _("No call is allowed at this hour where they are"),
    "rest": _("It is their day of rest"),
    "frequency": _("They were contacted often enough of late"),
    "budget": _("The budget is used up"),
    "kill_switch": _("Calls are switched off"),
    "late_grace": _("A late event may still change it"),
    "consent": _("They have not agreed to this way of contact; the plan goes on"),
}

# What came of a task: what its agent chose, or what the call itself told.
DISPOSITION = {
    **{code.value: REASON[code] for code in Result if code in REASON},
    **DISPOSITIONS,
    "not_stated": _("Nothing was written down"),
    "later": _("To be called later"),
}
