"""What customers are told about a call that is coming, in English and Hebrew. Pure. The texts name no person.

A time of day is said only where the customer's zone is known; elsewhere the words say how long it takes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from orchestrator.wording.places import fill


class Language(StrEnum):
    ENGLISH = "en"
    HEBREW = "he"


class Text(StrEnum):
    """The occasions there are words for."""

    PROMISE = "promise"
    APOLOGY = "apology"  # it will be later than we said
    LATER = "later"  # spoken: the customer pressed 2
    LOST = "lost"  # spoken: the customer pressed 1 and nobody could be joined


TEXTS = {
    (Text.PROMISE, Language.ENGLISH): "One of our people will call you {when}. You need not do anything.",
    (Text.APOLOGY, Language.ENGLISH): "We are sorry: our call is taking longer than we said. We will call you {when}.",
    (Text.LATER, Language.ENGLISH): "Thank you. One of our people will call you {when}. Goodbye.",
    (Text.LOST, Language.ENGLISH): "We are sorry, nobody is free at this moment. We will call you {when}. Goodbye.",
    (Text.PROMISE, Language.HEBREW): "נציג שלנו יתקשר אליך {when}. אין צורך לעשות דבר.",
    (Text.APOLOGY, Language.HEBREW): "אנו מתנצלים: השיחה שלנו מתעכבת יותר ממה שאמרנו. נתקשר אליך {when}.",
    (Text.LATER, Language.HEBREW): "תודה. נציג שלנו יתקשר אליך {when}. להתראות.",
    (Text.LOST, Language.HEBREW): "אנו מתנצלים, אין כרגע נציג פנוי. נתקשר אליך {when}. להתראות.",
}

REACH_US = "reach-us"  # a template without words of its own gets these: the plan ends with a message, whatever it is called
TAKEN_BACK = "taken-back"  # a supervisor withdrew a task, and with it the call that was promised
TEMPLATES = {
    (REACH_US, Language.ENGLISH): (
        "We tried to reach you about your request. Call us whenever it suits you. Reply STOP to hear no more."
    ),
    (REACH_US, Language.HEBREW): "ניסינו להשיג אותך בעניין פנייתך. אפשר להתקשר אלינו בכל עת. להסרה יש להשיב STOP.",
    (TAKEN_BACK, Language.ENGLISH): (
        "We promised to call you, and are sorry that this call will not come. "
        "Call us whenever it suits you. Reply STOP to hear no more."
    ),
    (TAKEN_BACK, Language.HEBREW): (
        "הבטחנו להתקשר אליך, ולצערנו השיחה לא תתקיים. אפשר להתקשר אלינו בכל עת. להסרה יש להשיב STOP."
    ),
    ("renewal", Language.ENGLISH): (
        "Your contract ends soon. Call us, and we will look together at what fits you. Reply STOP to hear no more."
    ),
    ("renewal", Language.HEBREW): "החוזה שלך מסתיים בקרוב. אפשר להתקשר אלינו ונבדוק יחד מה מתאים לך. להסרה יש להשיב STOP.",
    ("finish-link", Language.ENGLISH): "What you began is kept for you: go on where you left off. Reply STOP to hear no more.",
    ("finish-link", Language.HEBREW): "מה שהתחלת שמור: אפשר להמשיך מהמקום שבו עצרת. להסרה יש להשיב STOP.",
}

_WEEKDAYS = {
    Language.ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    Language.HEBREW: ("יום שני", "יום שלישי", "יום רביעי", "יום חמישי", "יום שישי", "יום שבת", "יום ראשון"),
}
_WITHIN = {
    Language.ENGLISH: {"second": "within {n} seconds", "minute": "within {n} minutes", "hour": "within {n} hours"},
    Language.HEBREW: {"second": "בתוך {n} שניות", "minute": "בתוך {n} דקות", "hour": "בתוך {n} שעות"},
}
_ONE = {
    Language.ENGLISH: {"second": "within a second", "minute": "within a minute", "hour": "within an hour"},
    Language.HEBREW: {"second": "בתוך שנייה", "minute": "בתוך דקה", "hour": "בתוך שעה"},
}
_CLOCK_FROM = timedelta(minutes=2)  # a nearer time, said to the minute, could be past before it is heard


@dataclass(frozen=True, slots=True)
class When:
    """A time that is promised: `due_at` and `now` are aware; `zone` is the customer's, None where it is not known."""

    due_at: datetime
    now: datetime
    zone: ZoneInfo | None


def language_of(tag: object) -> Language:
    """Return our language for a BCP 47 tag, however it was reported; English where it is another or missing."""
    primary = tag.replace("_", "-").partition("-")[0].lower() if isinstance(tag, str) else ""
    return Language.HEBREW if primary in ("he", "iw") else Language.ENGLISH


def words(text: Text, language: Language, when: When) -> str:
    """Return the shipped sentence to be sent or spoken. It never names a time later than `when.due_at`."""
    return fill(TEXTS[text, language], when=time_in_words(language, when))


def template(name: str, language: Language) -> str:
    """Return the shipped words of a plan's message."""
    return TEMPLATES.get((name, language)) or TEMPLATES[REACH_US, language]


def time_in_words(language: Language, when: When) -> str:
    """Return what is said for the promised time: by a clock where the customer's zone is known, else how long it takes."""
    left = when.due_at - when.now
    if when.zone is None or left < _CLOCK_FROM:
        return _duration(language, left)
    local, today = when.due_at.astimezone(when.zone), when.now.astimezone(when.zone).date()
    clock = f"{local:%H:%M}"
    if local.date() == today:
        return f"by {clock}" if language is Language.ENGLISH else f"עד השעה {clock}"
    day = _WEEKDAYS[language][local.weekday()]
    if (local.date() - today).days >= len(_WEEKDAYS[language]):
        day = f"{local:%d.%m.%Y}"
    return f"by {clock} on {day}" if language is Language.ENGLISH else f"עד {day} בשעה {clock}"


def _duration(language: Language, left: timedelta) -> str:
    seconds = max(int(left.total_seconds()), 1)
    for unit, length in (("hour", 3600), ("minute", 60), ("second", 1)):
        # "within 2 hours" must not stand for two and a half: what was heard is held against what was meant.
        if seconds >= length and (seconds % length == 0 or seconds >= 10 * length):
            count = seconds // length
            return _ONE[language][unit] if count == 1 else _WITHIN[language][unit].format(n=count)
    raise AssertionError("a duration has at least one second")
