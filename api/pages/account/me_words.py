"""The words of everybody's own page that depend on what was sent."""

from api.pages.settings.people_words import FAULTS as OF_PEOPLE
from orchestrator.identity.tries import Refusal


def _(text: str) -> str:
    """Mark a text for the catalogue; the template translates it."""
    return text


DONE = {
    "details": _("Saved."),
    "password": _("Your password is changed. You are signed out everywhere else."),
}
FAULTS = {
    **{field: OF_PEOPLE[field] for field in ("name", "locale", "zone")},
    "password": _("Choose one of 10 to 200 characters."),
    "again": _("The two new ones differ. Type the same one twice."),
    Refusal.WRONG.value: _("This is not your present password. Nothing was changed."),
    Refusal.TOO_OFTEN.value: _("There were too many tries. Wait a quarter of an hour, then try again."),
}
