"""What is said on the phone, in English and Hebrew. Pure. The words of promises are the escalation's (`escalations.words`)."""

from enum import StrEnum

from orchestrator.escalations.words import Language
from orchestrator.wording.places import fill


class Phrase(StrEnum):
    """The occasions there are words for."""

    GREETING = "greeting"  # who calls, why, and the keys
    KEYS = "keys"  # the keys alone, for whoever did not press one
    GOODBYE = "goodbye"  # nobody pressed a key
    CONNECTING = "connecting"
    LATER = "later"  # asked to be called later, and no time was promised
    NEVER = "never"
    HOLD = "hold"  # alone in the room
    SETTLED = "settled"  # what it was about has settled itself
    APOLOGY = "apology"  # nobody could be joined, and no time was promised
    MACHINE = "machine"  # left on an answering machine, which others may hear: not what it is about
    AGENT_CALLS = "agent_calls"  # to the agent: the customer's phone rings next
    AGENT_JOINS = "agent_joins"  # to the agent: the customer waits in the room
    AGENT_NOT_NEEDED = "agent_not_needed"


_KEYS_EN = "To talk to one of our people now, press 1. To be called later, press 2. Not to be called again, press 9."
_KEYS_HE = "לשיחה עם נציג עכשיו, יש להקיש 1. כדי שנתקשר מאוחר יותר, יש להקיש 2. כדי שלא נתקשר שוב, יש להקיש 9."

_PHRASES = {
    Language.ENGLISH: {
        Phrase.GREETING: "Hello, this is an automatic call from {who}. It is about: {about}. " + _KEYS_EN,
        Phrase.KEYS: _KEYS_EN,
        Phrase.GOODBYE: "Thank you. Goodbye.",
        Phrase.CONNECTING: "Thank you. Please hold the line, we are connecting you.",
        Phrase.LATER: "Thank you. We will call you later. Goodbye.",
        Phrase.NEVER: "You will not be called again. Goodbye.",
        Phrase.HOLD: "Please hold the line.",
        Phrase.SETTLED: "Hello, this is {who}. What we called about has been settled. Sorry to trouble you. Goodbye.",
        Phrase.APOLOGY: "We are sorry, nobody is free at this moment. Goodbye.",
        Phrase.MACHINE: "Hello, this is {who}. We tried to reach you and will try again. You need not do anything.",
        Phrase.AGENT_CALLS: "Call to a customer about: {about}. Connecting.",
        Phrase.AGENT_JOINS: "A customer is waiting for you. It is about: {about}.",
        Phrase.AGENT_NOT_NEEDED: "This call is no longer needed. Goodbye.",
    },
    Language.HEBREW: {
        Phrase.GREETING: "שלום, זוהי שיחה אוטומטית מאת {who}. הנושא: {about}. " + _KEYS_HE,
        Phrase.KEYS: _KEYS_HE,
        Phrase.GOODBYE: "תודה ולהתראות.",
        Phrase.CONNECTING: "תודה. נא להישאר על הקו, אנו מחברים אותך.",
        Phrase.LATER: "תודה. נתקשר אליך מאוחר יותר. להתראות.",
        Phrase.NEVER: "לא נתקשר אליך שוב. להתראות.",
        Phrase.HOLD: "נא להישאר על הקו.",
        Phrase.SETTLED: "שלום, מדברים מ{who}. העניין שבגללו התקשרנו כבר הוסדר. סליחה על ההפרעה, להתראות.",
        Phrase.APOLOGY: "אנו מתנצלים, אין כרגע נציג פנוי. להתראות.",
        Phrase.MACHINE: "שלום, מדברים מ{who}. ניסינו להשיג אותך וננסה שוב. אין צורך לעשות דבר.",
        Phrase.AGENT_CALLS: "שיחה ללקוח בנושא: {about}. מתחברים.",
        Phrase.AGENT_JOINS: "לקוח ממתין לך על הקו. הנושא: {about}.",
        Phrase.AGENT_NOT_NEEDED: "אין עוד צורך בשיחה הזו. להתראות.",
    },
}

WHO = {Language.ENGLISH: "customer service", Language.HEBREW: "שירות הלקוחות"}

# What a step's script says to the customer it is about. A script that is not here says the rule's own title.
SCRIPTS = {
    "checkout": {Language.ENGLISH: "the order you began", Language.HEBREW: "ההזמנה שהתחלת"},
    "sale": {Language.ENGLISH: "the offer we made you", Language.HEBREW: "ההצעה שקיבלת מאיתנו"},
    "renewal": {Language.ENGLISH: "the renewal of your contract", Language.HEBREW: "חידוש החוזה שלך"},
    "move": {Language.ENGLISH: "your move to a new home", Language.HEBREW: "המעבר שלך לדירה חדשה"},
    "complaint": {Language.ENGLISH: "what you wrote to us", Language.HEBREW: "הפנייה שלך אלינו"},
    "help": {Language.ENGLISH: "the help you were looking for", Language.HEBREW: "העזרה שחיפשת"},
    "delivery": {Language.ENGLISH: "your delivery", Language.HEBREW: "המשלוח שלך"},
}
SCRIPTS["moving"], SCRIPTS["feedback"] = SCRIPTS["move"], SCRIPTS["complaint"]
GENERAL = SCRIPTS["complaint"]  # where nobody says why we call


def phrase(which: Phrase, language: Language, *, who: str | None = None, about: str | None = None) -> str:
    """Return the words. `who` is the organisation, `about` why we call; general words where there is none."""
    return fill(_PHRASES[language][which], who=who or WHO[language], about=about or GENERAL[language])


def about(script: str | None, title: str, language: Language) -> str:
    """Return why we call: the script's own words, else the rule's title."""
    words = SCRIPTS.get(script or "")
    return title if words is None else words[language]
