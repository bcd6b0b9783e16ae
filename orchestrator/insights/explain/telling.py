"""A sentence of an answer, with its figures as the reader reads them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

from orchestrator.detection.lint.trees import Plain
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.codes import SIGNS, phrase
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.gate_words import gate_sentence
from orchestrator.insights.explain.unmet import Unmet
from orchestrator.insights.explain.words import HEADLINES, PARTS, SENTENCES, Part, Say
from orchestrator.insights.why_words import happened, is_described


@dataclass(frozen=True, slots=True)
class EventNamed:
    """An event's type, told by its meaning."""

    type: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """A gate's verdict as it was stored."""

    stored: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """An expression of a rule, such as `detect.absence.key`."""

    path: str


Titles = Mapping[Language, str]
Figure = (
    datetime | timedelta | StrEnum | int | float | Fraction | EventNamed | Verdict | Place | Titles | Sequence[Unmet | StrEnum]
)
_FIELDS: Mapping[str, str] = {
    "total": "הסכום",
    "csat": "ציון שביעות הרצון",
    "ces": "ציון המאמץ",
    "nps": "ציון ההמלצה",
    "empathy": "ציון ההבנה",
    "results": "מספר התוצאות",
    "page": "הדף",
    "step": "השלב",
    "topic": "הנושא",
    "reason": "הסיבה",
    "language": "השפה",
    "type": "סוג האירוע",
    "country": "הארץ",
    "region": "האזור",
    "zone": "אזור הזמן",
}
_PLACES = {
    "key": ("what tells one case from another", "מה שמבדיל מקרה ממקרה"),
    "weight": ("its weight", "המשקל שלו"),
    "at": ("the date", "התאריך"),
    "value": ("what a call is worth", "שווי השיחה"),
    "where": ("what the condition asks about", "מה שהתנאי שואל עליו"),
}
_SHARES = ("share", "chance")


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of an answer: what it says, the figures that fill it, and when it was so, where that is one instant."""

    say: Say
    figures: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def part(self) -> Part:
        return PARTS[self.say]

    @property
    def at(self) -> datetime | None:
        at = self.figures.get("at")
        return at if isinstance(at, datetime) else None

    def read(self, reader: Reader) -> str:
        """Return the sentence. A figure that is missing is a bug: `KeyError`."""
        figures = {name: _figure(name, figure, reader) for name, figure in self.figures.items()}
        return SENTENCES[self.say][reader.is_hebrew].format_map(figures)


def headline(reasons: Sequence[Reason]) -> Reason:
    """Return the one sentence that answers best: how it ended, else what kept it from beginning."""
    return next((each for each in reversed(reasons) if each.say in HEADLINES), reasons[-1])


def _figure(name: str, figure: Figure, reader: Reader) -> str:
    match figure:
        case datetime():
            return reader.instant(figure)
        case timedelta():
            return reader.span(figure)
        case StrEnum():
            return phrase(figure, reader.language)
        case EventNamed(type):
            return clause(type, reader.language)
        case Verdict(stored):
            return gate_sentence(stored, reader)
        case Place(path):
            return _place(path, reader)
        case Mapping():
            return figure[reader.language]
        case int() | float() | Fraction():
            return reader.share(Fraction(figure)) if name in _SHARES else reader.number(figure)
    is_missed = any(isinstance(each, Unmet) for each in figure)
    between = ", and " if is_missed and not reader.is_hebrew else ", "
    return between.join(_missed(each, reader) if isinstance(each, Unmet) else phrase(each, reader.language) for each in figure)


def clause(event_type: str, language: Language) -> str:
    """Return what an event says, as a clause; a type nobody described stands in quotes."""
    if is_described(event_type):
        return happened(event_type, language)
    return f"הגיע אירוע „{event_type}”" if language is Language.HEBREW else f"an event “{event_type}” came"


def _place(path: str, reader: Reader) -> str:
    known = _PLACES.get(path.rpartition(".")[2])
    return known[reader.is_hebrew] if known is not None else f"“{path}”"


_Words = tuple[str, str]
_ABSENT: _Words = ("{name} was not given", "{name} לא צוין")
_PRESENT: _Words = ("{name} was given, and the rule asks for events without it", "{name} צוין, והכלל מחפש אירועים שהוא חסר בהם")
_ABSENT_ASKED: _Words = (
    "{name} was not given, and the rule asks for {asked}",
    "{name} לא צוין, והכלל דורש {asked}",
)
_HELD: _Words = ("{name} was {held}, and the rule asks for {asked}", "{name} היה {held}, והכלל דורש {asked}")
_HIDDEN: _Words = ("{name} was another than the rule asks for", "{name} היה אחר מזה שהכלל דורש")
_ANGRY: _Words = (
    "the words were too calm: their anger counts {held}, and the rule asks for {asked}",
    "המילים היו רגועות מדי: מידת הכעס בהן {held}, והכלל דורש {asked}",
)


def _missed(each: Unmet, reader: Reader) -> str:
    words = _words_for(each)
    asked = SIGNS[each.sign][reader.is_hebrew].format(_value(each.asked, reader)) if each.sign is not None else ""
    return words[reader.is_hebrew].format(name=_name(each.field, reader), held=_value(each.held, reader), asked=asked)


def _words_for(each: Unmet) -> _Words:
    if each.of_anger and not each.absent:
        return _ANGRY
    if each.sign is None:
        return _ABSENT if each.absent else _PRESENT
    if each.absent:
        return _ABSENT_ASKED
    return _HIDDEN if each.hidden else _HELD


def _name(path: str, reader: Reader) -> str:
    own = path.rpartition(".")[2]
    if reader.is_hebrew:
        return _FIELDS.get(own, f"הערך „{own}”")
    return f"the customer's {own}" if path.startswith("customer.") else f"the {own}"


def _value(value: Plain, reader: Reader) -> str:
    match value:
        case bool():
            return ("yes", "כן")[reader.is_hebrew] if value else ("no", "לא")[reader.is_hebrew]
        case int() | float():
            return reader.number(value)
        case str():
            return f"„{value}”" if reader.is_hebrew else f"“{value}”"
        case _:
            return ("nothing", "ריק")[reader.is_hebrew]
