"""Why and why not, in sentences: one catalogue for both languages. Figures stand in braces; none of them is personal."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from orchestrator.escalations.words import Language


class Say(StrEnum):
    NOT_IN_FORCE = "not_in_force"
    PAUSED = "paused"
    NOTHING_SEEN = "nothing_seen"
    UNMET = "unmet"
    FAILED = "failed"
    SATISFIED = "satisfied"
    SATISFIED_AT_ONCE = "satisfied_at_once"
    WATCHING = "watching"
    COUNTING = "counting"
    EMPTIED = "emptied"
    FOUND = "found"
    ONLY_IN_SHADOW = "only_in_shadow"
    NOT_RECORDED = "not_recorded"
    WITHDRAWN = "withdrawn"
    ESCALATED = "escalated"
    JOINED = "joined"
    PLAN_A = "plan_a"
    PLAN_B = "plan_b"
    CONTROL = "control"
    SUPPRESSED_WORTH = "suppressed:worth"
    SUPPRESSED_COOLDOWN = "suppressed:cooldown"
    SUPPRESSED_CONSENT = "suppressed:consent"
    SUPPRESSED_PAUSED = "suppressed:paused"
    GATES = "gates"
    GATES_UNTIL = "gates_until"
    CASE_OPEN = "case_open"
    CASE_WAS_OPEN = "case_was_open"
    CASE_CLOSED = "case_closed"


_SENTENCES: dict[Say, tuple[str, str]] = {
    Say.NOT_IN_FORCE: (
        "The rule was not in force then: it was in the state {state}.",
        "הכלל לא היה בתוקף אז: מצבו היה {state}.",
    ),
    Say.PAUSED: ("The rule was on hold then and detected nothing new.", "הכלל היה מושהה אז ולא זיהה דבר חדש."),
    Say.NOTHING_SEEN: (
        "No event of the customer until then was of a type that the rule looks at.",
        "עד אז לא הגיע מהלקוח אף אירוע מסוג שהכלל מסתכל עליו.",
    ),
    Say.UNMET: (
        "At {at} there was an event {type}, but it did not meet the rule's conditions.",
        "ב־{at} היה אירוע {type}, אך הוא לא עמד בתנאי הכלל.",
    ),
    Say.FAILED: (
        "At {at} the expression {place} had no value on an event {type}, so the rule passed over it.",
        "ב־{at} לביטוי {place} לא היה ערך באירוע {type}, ולכן הכלל דילג עליו.",
    ),
    Say.SATISFIED: (
        "At {at} came {type}: {what}, {span} before the deadline at {deadline}. So there was no moment.",
        "ב־{at} הגיע {type}: {what}, {span} לפני המועד האחרון ב־{deadline}. לכן לא נוצר רגע.",
    ),
    Say.SATISFIED_AT_ONCE: (
        "At {at} came {type}: {what}, at the very deadline, which is still in time. So there was no moment.",
        "ב־{at} הגיע {type}: {what}, בדיוק במועד האחרון, וזה עדיין בזמן. לכן לא נוצר רגע.",
    ),
    Say.WATCHING: (
        "The rule was waiting since {at}; it would have been a moment at {deadline}.",
        "הכלל המתין מאז {at}; זה היה נעשה רגע ב־{deadline}.",
    ),
    Say.COUNTING: ("The score stood at {total} of {threshold} then.", "הניקוד עמד אז על {total} מתוך {threshold}."),
    Say.EMPTIED: ("At {at} came {type}: {what}, and the score began anew.", "ב־{at} הגיע {type}: {what}, והניקוד התחיל מחדש."),
    Say.FOUND: ("The rule found a moment at {at}.", "הכלל מצא רגע ב־{at}."),
    Say.ONLY_IN_SHADOW: (
        "The rule ran in shadow then, which contacts nobody.",
        "הכלל פעל אז בצל, ובצל לא פונים לאיש.",
    ),
    Say.NOT_RECORDED: (
        "It was not acted on: the events arrived before the rule was in force, while it was on hold, or too late.",
        "לא נעשה בו דבר: האירועים הגיעו לפני שהכלל נכנס לתוקף, בזמן שהיה מושהה, או מאוחר מדי.",
    ),
    Say.WITHDRAWN: (
        "A late event showed that it never was, and it was withdrawn.",
        "אירוע שהגיע באיחור הראה שלא היה, והרגע בוטל.",
    ),
    Say.ESCALATED: ("It opened a case.", "הוא פתח טיפול."),
    Say.JOINED: ("It joined the case that was open already.", "הוא צורף לטיפול שכבר היה פתוח."),
    Say.PLAN_A: (
        "Of the rule's two plans this customer takes plan A.",
        "מבין שתי התוכניות של הכלל, הלקוח הזה הולך לפי תוכנית א׳.",
    ),
    Say.PLAN_B: (
        "Of the rule's two plans this customer takes plan B.",
        "מבין שתי התוכניות של הכלל, הלקוח הזה הולך לפי תוכנית ב׳.",
    ),
    Say.CONTROL: (
        "The customer is in the group that is never called, by which the worth of calls is measured.",
        "הלקוח נמצא בקבוצה שאליה לא מתקשרים, ולפיה נמדדת תועלת השיחות.",
    ),
    Say.SUPPRESSED_WORTH: ("A call was not worth its cost.", "השיחה לא הייתה שווה את עלותה."),
    Say.SUPPRESSED_COOLDOWN: (
        "The customer had been escalated by this rule too short a time before.",
        "הכלל כבר הוביל לטיפול בלקוח זמן קצר מדי קודם לכן.",
    ),
    Say.SUPPRESSED_CONSENT: ("The customer's consent did not cover it.", "הסכמת הלקוח לא כללה זאת."),
    Say.SUPPRESSED_PAUSED: ("The rule was on hold when it was found.", "הכלל היה מושהה כשהרגע נמצא."),
    Say.GATES: ("At {at} the gates answered: {answer}.", "ב־{at} השערים השיבו: {answer}."),
    Say.GATES_UNTIL: (
        "At {at} the gates answered: {answer}, until {until}.",
        "ב־{at} השערים השיבו: {answer}, עד {until}.",
    ),
    Say.CASE_OPEN: ("The case is {state}.", "מצב הטיפול: {state}."),
    Say.CASE_WAS_OPEN: ("The case was open then.", "הטיפול היה אז פתוח."),
    Say.CASE_CLOSED: ("The case was closed as {outcome} at {at}.", "הטיפול נסגר כ־{outcome} ב־{at}."),
}
_UNITS = (
    (timedelta(days=1), ("d", "ימים")),
    (timedelta(hours=1), ("h", "שעות")),
    (timedelta(minutes=1), ("min", "דקות")),
    (timedelta(seconds=1), ("s", "שניות")),
)


def said(say: Say, language: Language, figures: dict[str, object]) -> str:
    """Return a sentence with its figures. A figure that is missing is a bug: `KeyError`."""
    return _SENTENCES[say][language is Language.HEBREW].format_map(figures)


def instant(at: datetime, zone: ZoneInfo) -> str:
    """Return a time on a clock of a zone, to the second: `2026-06-07 10:20:00`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def span(length: timedelta, language: Language) -> str:
    """Return a length in its largest two units: `40 s`, `1 h 5 min`."""
    parts, left = [], length
    for unit, names in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {names[language is Language.HEBREW]}")
    return " ".join(parts[:2]) or f"0 {_UNITS[-1][1][language is Language.HEBREW]}"
