"""How words will be read and heard, with sample values: what the pages of scripts and messages show beside the form."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.escalations.words import Language, When, time_in_words
from orchestrator.insights.why_words import opening
from orchestrator.telephony.words import SCRIPTS, WHO, Phrase, phrase
from orchestrator.wording.places import fill
from orchestrator.wording.segments import Segments, segments
from orchestrator.wording.shipped import Bodies, Kind, Scripts

_EN, _HE = Language.ENGLISH, Language.HEBREW
DIRECTIONS = {_EN: "ltr", _HE: "rtl"}
_CUSTOMER = {_EN: "Noa Levi", _HE: "נועה לוי"}
_AGENT = {_EN: "Dana", _HE: "דנה"}
_NOTHING = "…"
_NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
_WHEN = When(due_at=_NOON + timedelta(hours=2, minutes=30), now=_NOON, zone=ZoneInfo("Etc/UTC"))
_HERE = "\N{OBJECT REPLACEMENT CHARACTER}"  # parts what stands before the words from what stands after


@dataclass(frozen=True, slots=True)
class Heard:
    """A script in one language: the greeting in parts, what the agent is told, and how the agent opens."""

    language: Language
    direction: str
    before: str
    about: str
    after: str
    agent: str
    opening: str


@dataclass(frozen=True, slots=True)
class Read:
    """A template in one language, filled; `parts` is how it travels, None for what is spoken."""

    language: Language
    direction: str
    words: str
    parts: Segments | None


def heard(words: Scripts, *, organisation: str | None) -> list[Heard]:
    """Return how a script sounds in every language."""
    return [_heard(each, words[each].about, words[each].opening, organisation) for each in Language]


def read(words: Bodies, kind: Kind, *, organisation: str | None) -> list[Read]:
    """Return how a template reads in every language it has words in."""
    return [_read(each, words[each], kind, organisation) for each in Language if each in words]


def _heard(language: Language, about: str, opens: str, organisation: str | None) -> Heard:
    before, _, after = phrase(Phrase.GREETING, language, who=organisation, about=_HERE).partition(_HERE)
    return Heard(
        language=language,
        direction=DIRECTIONS[language],
        before=before,
        about=about or _NOTHING,
        after=after,
        agent=phrase(Phrase.AGENT_JOINS, language, about=about or _NOTHING),
        opening=opening(
            None,
            language,
            about=about,
            agent=_AGENT[language],
            organisation=organisation,
            name=_CUSTOMER[language],
            promised=False,
            written=opens or _NOTHING,
        ),
    )


def _read(language: Language, body: str, kind: Kind, organisation: str | None) -> Read:
    words = fill(body, **_values(language, organisation))
    return Read(language, DIRECTIONS[language], words or _NOTHING, None if kind is Kind.SPOKEN else segments(words))


def _values(language: Language, organisation: str | None) -> dict[str, str]:
    return {
        "who": organisation or WHO[language],
        "when": time_in_words(language, _WHEN),
        "about": SCRIPTS["checkout"][language],
    }
