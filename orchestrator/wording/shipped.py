"""The words we ship: what holds until somebody writes others. Pure."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.escalations.words import REACH_US, TEMPLATES, TEXTS, Language, Text, template
from orchestrator.insights.why_words import OPENINGS
from orchestrator.telephony.words import SCRIPTS
from orchestrator.wording.places import Place


class Kind(StrEnum):
    """How a template's words reach the customer."""

    MESSAGE = "message"  # of a plan, or a link an agent sends: says how to hear no more
    PROMISE = "promise"  # a text message that names the time of a call
    SPOKEN = "spoken"  # a promise that is read aloud in a call


@dataclass(frozen=True, slots=True)
class Script:
    """What a script says in one language: why we call, and how the agent opens."""

    about: str
    opening: str


Scripts = Mapping[Language, Script]
Bodies = Mapping[Language, str]

_SPOKEN = frozenset({Text.LATER, Text.LOST})
_PROMISES = frozenset(text.value for text in Text)
SCRIPT_NAMES: Set[str] = frozenset(SCRIPTS) & frozenset(OPENINGS)
TEMPLATE_NAMES: Set[str] = _PROMISES | {name for name, _ in TEMPLATES}


def kind_of(name: str) -> Kind:
    """Return what the template of that name is for; a name we do not ship is a message of some plan."""
    if name not in _PROMISES:
        return Kind.MESSAGE
    return Kind.SPOKEN if Text(name) in _SPOKEN else Kind.PROMISE


def places_of(kind: Kind) -> frozenset[Place]:
    """Return what may stand in the words of a template."""
    return frozenset({Place.WHO, Place.ABOUT}) if kind is Kind.MESSAGE else frozenset({Place.WHO, Place.WHEN})


def shipped_script(name: str) -> Scripts | None:
    if name not in SCRIPT_NAMES:
        return None
    return {each: Script(SCRIPTS[name][each], OPENINGS[name][each is Language.HEBREW]) for each in Language}


def shipped_template(name: str) -> Bodies | None:
    if name in _PROMISES:
        return {each: TEXTS[Text(name), each] for each in Language}
    return {each: template(name, each) for each in Language} if name in TEMPLATE_NAMES else None


def general_template() -> Bodies:
    """Return the words of a message whose template nobody wrote words for."""
    return {each: template(REACH_US, each) for each in Language}
