"""The words people read for our codes. What stands in none of these tables is shown as the code it is."""

from collections.abc import Mapping

from api.pages.console.reasons import DISPOSITION, HELD, REASON
from api.pages.desk.outcome_words import SUBS
from api.pages.desk.words import PAUSES

__all__ = (
    "ALARM",
    "ATTEMPT",
    "DISPOSITION",
    "DOING",
    "HELD",
    "MESSAGE",
    "PAUSES",
    "PROMISE",
    "REASON",
    "RESULTS",
    "STAGE",
    "STATE",
    "SUBS",
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
    "not_answering": _("Not answering"),
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

RESULTS = {
    "moments": _("What became of moments"),
    "worth": _("Was it worth a call?"),
    "plans": _("Two plans compared"),
    "promises": _("Promises"),
    "days": _("Day by day"),
    "attempts": _("Calls by hour and result"),
    "agents": _("Agents"),
    "partners": _("Partners"),
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
