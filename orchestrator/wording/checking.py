"""What words have to be before a customer hears or reads them. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.escalations.words import Language
from orchestrator.wording.places import Place, is_unbalanced, named, strange
from orchestrator.wording.shipped import Bodies, Kind, Scripts, kind_of, places_of

LONGEST_NAME, LONGEST_ABOUT, LONGEST_OPENING, LONGEST_BODY = 64, 120, 400, 640  # characters
STOP = "STOP"  # the carrier acts on this word in every language (telephony.texts)

_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9_.-]+")  # as rules name them; dots alone would be a folder in an address
_SHOWN = 40  # characters of what was given
_STOP = re.compile(rf"\b{STOP}\b")
_HEBREW = re.compile("[\u05d0-\u05ea]")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they reorder what stands around them


class Fault(StrEnum):
    """Why words cannot stay as they are."""

    NAME = "name"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNSEEN = "unseen"
    LANGUAGE = "language"
    BRACE = "brace"
    PLACE = "place"
    NO_PLACES = "no_places"
    TWICE = "twice"  # its value might push the end, and with it the way out, over what a message holds
    STOP = "stop"
    WHEN = "when"


@dataclass(frozen=True, slots=True)
class Found:
    """A fault with what its sentence names: how many characters fit, the name in braces, the places that may stand."""

    fault: Fault
    longest: int = 0
    given: str = ""
    places: str = ""


Faults = Mapping[str, Found]  # by field: "name", "about_en", "opening_he", "body_en" …


def tidy(words: str) -> str:
    """Return words without space around them, with plain ends of lines."""
    return "\n".join(line.strip() for line in words.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def faults_of_name(name: str) -> Faults:
    fits = _NAME.fullmatch(name) is not None and len(name) <= LONGEST_NAME
    return {} if fits else {"name": Found(Fault.NAME, longest=LONGEST_NAME)}


def faults_of_script(words: Scripts) -> Faults:
    """Return what to mend in a script's words."""
    found = {}
    for language, script in words.items():
        found[f"about_{language}"] = _spoken(script.about, language, LONGEST_ABOUT)
        found[f"opening_{language}"] = _spoken(script.opening, language, LONGEST_OPENING)
    return {field: fault for field, fault in found.items() if fault is not None}


def faults_of_template(name: str, words: Bodies) -> Faults:
    """Return what to mend in the words of the template `name`."""
    found = {f"body_{language}": _message(body, language, kind_of(name)) for language, body in words.items()}
    return {field: fault for field, fault in found.items() if fault is not None}


def _spoken(words: str, language: Language, longest: int) -> Found | None:
    return _text(words, language, longest, lines=False) or _braces(words, frozenset())


def _message(body: str, language: Language, kind: Kind) -> Found | None:
    fault = _text(body, language, LONGEST_BODY, lines=kind is not Kind.SPOKEN) or _braces(body, places_of(kind))
    if fault is not None:
        return fault
    if kind is Kind.MESSAGE and _STOP.search(body) is None:
        return Found(Fault.STOP)
    if kind is not Kind.MESSAGE and Place.WHEN not in named(body):
        return Found(Fault.WHEN)
    return None


def _text(words: str, language: Language, longest: int, *, lines: bool) -> Found | None:
    if not words:
        return Found(Fault.EMPTY)
    if len(words) > longest:
        return Found(Fault.TOO_LONG, longest=longest)
    if any(_is_unseen(each) for each in words if not (lines and each == "\n")):
        return Found(Fault.UNSEEN)
    # Words in the other field would be read aloud by a voice that cannot read them.
    return None if (_HEBREW.search(words) is not None) is (language is Language.HEBREW) else Found(Fault.LANGUAGE)


def _braces(words: str, allowed: frozenset[Place]) -> Found | None:
    places = " ".join(f"{{{place}}}" for place in sorted(allowed))
    if is_unbalanced(words):
        return Found(Fault.BRACE, places=places)
    given = strange(words, allowed)
    if given is None:
        again = next((place for place in allowed if words.count(f"{{{place}}}") > 1), None)
        return None if again is None else Found(Fault.TWICE, given=f"{{{again}}}")
    return Found(Fault.PLACE if allowed else Fault.NO_PLACES, given=given[:_SHOWN], places=places)


def _is_unseen(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in ("Cc", "Cs")
