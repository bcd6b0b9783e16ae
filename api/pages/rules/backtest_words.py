"""What the page of back-tests says: states, phases, verdicts."""

from orchestrator.backtests.tables import BacktestState
from orchestrator.detection.verdicts import Verdict


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


STATES = {
    BacktestState.QUEUED: (_("Waiting for its turn"), "plain"),
    BacktestState.RUNNING: (_("Running"), "accent"),
    BacktestState.DONE: (_("Done"), "good"),
    BacktestState.FAILED: (_("Did not finish"), "bad"),
    BacktestState.CANCELLED: (_("Cancelled"), "plain"),
}
PHASES = {
    "reading": _("Reading what is recorded"),
    "sorting": _("Putting it in order"),
    "running": _("Going through it, customer by customer"),
}
# In the order they are read: who would be called, then everybody else and why not.
VERDICTS = {
    Verdict.ESCALATE: _("Would be called"),
    Verdict.JOINED: _("Joins a case that is open already"),
    Verdict.SUPPRESSED_COOLDOWN: _("Not called: the same rule had just led to a case"),
    Verdict.SUPPRESSED_CONSENT: _("Not called: no consent, or asked not to be called"),
    Verdict.SUPPRESSED_WORTH: _("Not called: not worth a call"),
    Verdict.SUPPRESSED_PAUSED: _("Not called: the rule was on hold"),
    Verdict.CONTROL: _("Not called: in the control group"),
}
LENGTHS = {
    "1": _("The last day"),
    "7": _("The last 7 days"),
    "14": _("The last 14 days"),
    "30": _("The last 30 days"),
    "dates": _("The days below"),
}
DAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
DONE = {
    "asked": _("Asked for. It runs beside everything else, and contacts nobody."),
    "cancelled": _("Cancelled."),
}
NO_VERSION = _("Choose one of the versions.")
NO_LENGTH = _("Choose one of the periods.")
TOO_MANY = _("Five back-tests of this rule wait or run. Wait until one is done, or cancel one.")
AHEAD = _("This day has not come yet. Choose an earlier one.")
