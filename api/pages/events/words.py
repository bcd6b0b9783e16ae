"""What the pages of events say of a refusal."""

from orchestrator.intake.refusals import Reason


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


REASONS = {
    Reason.MALFORMED: _("Not JSON"),
    Reason.DUPLICATE_KEY: _("A key stands twice"),
    Reason.TOO_LARGE: _("Too large"),
    Reason.BAD_NUMBER: _("A number out of reach"),
    Reason.BAD_TEXT: _("Not readable as text"),
    Reason.SPECVERSION: _("Another version of CloudEvents"),
    Reason.MISSING_ID: _("No id"),
    Reason.MISSING_SOURCE: _("No source"),
    Reason.MISSING_TYPE: _("No type"),
    Reason.MISSING_SUBJECT: _("No customer"),
    Reason.MISSING_TIME: _("No time"),
    Reason.BAD_TIME: _("Not a time"),
    Reason.FUTURE_TIME: _("From the future"),
    Reason.SCHEMA: _("A field does not fit"),
}
OTHERWISE = _("The request as a whole")
REPLAYED = _("Taken in. It is on the customer's timeline.")
GONE = _("Somebody took this event in meanwhile.")
