"""Why one version of a rule did not find what another found, in sentences of both languages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.why_words import happened


class WhyNot(StrEnum):
    BEGAN_LATER = "began_later"
    EARLIER = "earlier"
    LATER = "later"
    SATISFIED = "satisfied"
    SATISFIED_AT_ONCE = "satisfied_at_once"
    EMPTIED = "emptied"
    WAITING = "waiting"
    COUNTING = "counting"
    UNMET = "unmet"
    FAILED = "failed"
    NOTHING = "nothing"
    NOT_THEN = "not_then"


_SENTENCES: dict[WhyNot, tuple[str, str]] = {
    WhyNot.BEGAN_LATER: (
        "Version {version} did not see it: the events came before it began to run, at {since}.",
        "גרסה {version} לא ראתה זאת: האירועים הגיעו לפני שהחלה לפעול, ב־{since}.",
    ),
    WhyNot.EARLIER: (
        "Version {version} found it {span} earlier, at {at}.",
        "גרסה {version} מצאה זאת {span} קודם לכן, ב־{at}.",
    ),
    WhyNot.LATER: (
        "Version {version} found it {span} later, at {at}.",
        "גרסה {version} מצאה זאת {span} מאוחר יותר, ב־{at}.",
    ),
    WhyNot.SATISFIED: (
        "Version {version} was still waiting: at {at} {what}, {span} before its deadline at {deadline}.",
        "גרסה {version} עוד המתינה: ב־{at} {what}, {span} לפני המועד האחרון שלה ב־{deadline}.",
    ),
    WhyNot.SATISFIED_AT_ONCE: (
        "At {at} {what}, just at the deadline of version {version}, which is still in time.",
        "ב־{at} {what}, בדיוק במועד האחרון של גרסה {version}, וזה עדיין בזמן.",
    ),
    WhyNot.EMPTIED: (
        "At {at} {what}, and the score of version {version} began anew.",
        "ב־{at} {what}, והניקוד של גרסה {version} התחיל מחדש.",
    ),
    WhyNot.WAITING: (
        "Version {version} is still waiting: its deadline is at {deadline}.",
        "גרסה {version} עדיין ממתינה: המועד האחרון שלה ב־{deadline}.",
    ),
    WhyNot.COUNTING: (
        "The score of version {version} reached {total} of {threshold}.",
        "הניקוד של גרסה {version} הגיע ל־{total} מתוך {threshold}.",
    ),
    WhyNot.UNMET: (
        "At {at} {what}, but that does not meet the conditions of version {version}.",
        "ב־{at} {what}, אך זה אינו עומד בתנאים של גרסה {version}.",
    ),
    WhyNot.FAILED: (
        "In version {version} the expression {place} had no value on the event at {at}.",
        "בגרסה {version} לביטוי {place} לא היה ערך באירוע שב־{at}.",
    ),
    WhyNot.NOTHING: (
        "Nothing that happened is of a kind that version {version} looks at.",
        "דבר ממה שקרה אינו מסוג שגרסה {version} מסתכלת עליו.",
    ),
    WhyNot.NOT_THEN: (
        "Read again now, version {version} finds it too: it did not then, as it was on hold or an event came late.",
        "בקריאה חוזרת גם גרסה {version} מוצאת זאת: אז לא מצאה, כי הייתה מושהית או שאירוע הגיע באיחור.",
    ),
}


@dataclass(frozen=True, slots=True)
class Because:
    """One sentence and the figures that fill it: times are aware, `what` is an event type."""

    why: WhyNot
    version: int
    figures: dict[str, object] = field(default_factory=dict)

    def sentence(self, reader: Reader) -> str:
        shown = {name: _shown(name, figure, reader) for name, figure in self.figures.items()}
        return _SENTENCES[self.why][reader.is_hebrew].format(version=self.version, **shown)


def _shown(name: str, figure: object, reader: Reader) -> str:
    match figure:
        case datetime():
            return reader.instant(figure)
        case timedelta():
            return reader.span(figure)
        case float():
            return reader.number(figure)
        case _:
            return happened(str(figure), reader.language) if name == "what" else str(figure)
