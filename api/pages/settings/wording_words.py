"""The words of the pages of scripts and messages that depend on what is shown."""

from collections.abc import Callable

from starlette.requests import Request

from api.pages.languages import language_of, translations
from api.pages.people import Viewer
from orchestrator.wording.checking import Fault, Faults, Found


def _(text: str) -> str:
    """Mark a text for the catalogue; the page translates it."""
    return text


LANGUAGES = {"en": _("English"), "he": _("Hebrew")}

# What a template we ship is for. One of the place's own is a message of the plans that name it.
PURPOSES = {
    "apology": _("Sent when our call will be later than we said"),
    "finish-link": _("To go on alone; an agent may send it too, with the link"),
    "later": _("Said when the customer presses 2, to be called later"),
    "lost": _("Said when the customer waits and nobody can be joined"),
    "promise": _("Sent when a call is promised for a time"),
    "reach-us": _("Sent for every message that has no words of its own"),
    "taken-back": _("Sent when a supervisor withdraws a call that was promised"),
    "renewal": _("Sent when a contract ends soon and nobody was reached"),
}

KINDS = {"message": _("Text message"), "promise": _("Text message"), "spoken": _("Spoken")}

_FAULTS = {
    Fault.NAME: _("Give 1 to %(longest)s letters and digits, with . _ and - between them."),
    Fault.EMPTY: _("Write the words: both languages are needed."),
    Fault.TOO_LONG: _("Shorten this to %(longest)s characters."),
    Fault.UNSEEN: _("Characters that nobody sees were taken out. Read the words again, then save."),
    Fault.BRACE: _("A brace stands alone. Write %(places)s, or leave braces out."),
    Fault.PLACE: _("%(given)s means nothing here. What is filled in is %(places)s."),
    Fault.NO_PLACES: _("Nothing is filled in for %(given)s here. Write it in words."),
    Fault.TWICE: _("Name %(given)s once only."),
    Fault.STOP: _("Tell the customer how to hear no more: the word STOP has to stay."),
    Fault.WHEN: _("Tell the customer when: {when} has to stay."),
}
_BRACES_MEAN_NOTHING = _("A brace stands alone. Leave braces out.")
_LANGUAGE = {
    "en": _("Hebrew letters stand here. Write this one in English."),
    "he": _("No Hebrew letter stands here. Write this one in Hebrew."),
}


def said(request: Request, viewer: Viewer, faults: Faults) -> dict[str, str]:
    """Return what to mend, by field, in the reader's language."""
    say = translations(language_of(request, viewer.locale)).gettext
    return {field: _sentence(field, found, say) for field, found in faults.items()}


def _sentence(field: str, found: Found, say: Callable[[str], str]) -> str:
    if found.fault is Fault.LANGUAGE:
        return say(_LANGUAGE[field.rpartition("_")[2]])
    if found.fault is Fault.BRACE and not found.places:
        return say(_BRACES_MEAN_NOTHING)
    values = {"longest": found.longest, "given": found.given, "places": found.places}
    return say(_FAULTS[found.fault]) % values
