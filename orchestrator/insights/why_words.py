"""The sentences of a why-card, in English and Hebrew. Pure. The opening is for speaking, the rest for reading."""

from collections.abc import Sequence
from datetime import timedelta

from orchestrator.escalations.words import Language
from orchestrator.insights.why_counted import ago, more_signs

_EN, _HE = Language.ENGLISH, Language.HEBREW
_EVENTS: dict[str, tuple[str, str]] = {
    "checkout.started": ("a checkout began", "התחילה קנייה"),
    "checkout.updated": ("the cart changed", "הסל השתנה"),
    "checkout.completed": ("a checkout was paid", "קנייה שולמה"),
    "checkout.abandoned": ("a checkout was left", "קנייה ננטשה"),
    "contract.started": ("a contract began", "התחיל חוזה"),
    "contract.renewed": ("a contract was renewed", "חוזה חודש"),
    "contract.ended": ("a contract ended", "חוזה הסתיים"),
    "customer.updated": ("the customer's details changed", "הפרטים השתנו"),
    "customer.moved": ("the customer moved house", "דווח על מעבר דירה"),
    "customer.identified": ("the customer was recognised", "הזיהוי הצליח"),
    "complaint.filed": ("a complaint was made", "הוגשה תלונה"),
    "survey.answered": ("a survey was answered", "נענה סקר"),
    "message.received": ("the customer wrote", "התקבלה הודעה"),
    "bot.fallback": ("the bot did not understand", "הבוט לא הבין"),
    "help.searched": ("the help was searched", "בוצע חיפוש בעזרה"),
    "help.viewed": ("a help page was read", "נקרא דף עזרה"),
    "help.repeated": ("the same help was asked for again", "אותה עזרה נתבקשה שוב"),
    "login.failed": ("a sign-in failed", "כניסה נכשלה"),
    "identification.repeated": ("the customer had to identify again", "נדרש זיהוי חוזר"),
    "ivr.zero_out": ("the customer pressed 0 to reach a person", "הוקש 0 כדי להגיע למענה אנושי"),
    "page.error": ("a page failed before the customer's eyes", "דף נכשל בזמן השימוש"),
    "sale.opened": ("a sale was opened", "נפתחה מכירה"),
    "sale.closed": ("a sale was closed", "מכירה נסגרה"),
    "delivery.failed": ("a delivery did not succeed", "משלוח לא הצליח"),
    "delivery.delayed": ("a delivery will be late", "משלוח יתעכב"),
    "queue.abandoned": ("the customer hung up while waiting", "השיחה נותקה בזמן ההמתנה"),
    "contact.inbound": ("the customer called or wrote to a person", "הייתה פנייה למענה אנושי"),
}
OPENINGS: dict[str, tuple[str, str]] = {
    "checkout": (
        "Your purchase was not finished. Did something get in the way that I can help with?",
        "הקנייה שלך לא הושלמה. האם משהו הפריע, ואפשר לעזור?",
    ),
    "complaint": (
        "I have read what happened, and I am sorry. You need not tell it again: may I say how I would put it right?",
        "קראתי מה קרה, וצר לי על כך. אין צורך לספר שוב: אפשר לומר איך אוכל לתקן זאת?",
    ),
    "delivery": (
        "Your delivery has run into trouble. I would like to settle with you how it reaches you.",
        "הייתה תקלה במשלוח שלך. אשמח לסכם איתך איך הוא יגיע אליך.",
    ),
    "help": (
        "You were looking for help and did not find it. I can see what you tried: shall we do it together now?",
        "חיפשת עזרה ולא מצאת. אני רואה מה כבר ניסית: נעשה את זה יחד עכשיו?",
    ),
    "renewal": (
        "Your contract ends soon. Shall we look at what fits you from here on?",
        "החוזה שלך מסתיים בקרוב. נבדוק יחד מה יתאים לך בהמשך?",
    ),
    "sale": (
        "We began something together and left it open. Shall we finish it now?",
        "התחלנו יחד משהו ונשאר פתוח. נסיים אותו עכשיו?",
    ),
    "move": (
        "You are moving house. I can see to it that everything moves with you.",
        "מעבר הדירה שלך הוא הסיבה לשיחה. אדאג שהכול יעבור איתך.",
    ),
}
OPENINGS["moving"], OPENINGS["feedback"] = OPENINGS["move"], OPENINGS["complaint"]
_CHANNELS: dict[str, tuple[str, str]] = {
    "web": ("website", "אתר"),
    "app": ("app", "אפליקציה"),
    "bot": ("bot", "בוט"),
    "ivr": ("phone menu", "מענה קולי"),
    "email": ("e-mail", "דוא״ל"),
    "social": ("social network", "רשת חברתית"),
    "store": ("store", "חנות"),
    "rep": ("representative", "נציגות מכירות"),
    "survey": ("survey", "סקר"),
    "partner": ("partner", "שותף"),
}


def hidden_word(language: Language) -> str:
    """Return what stands for a value that the reader may not see."""
    return "hidden" if language is _EN else "מוסתר"


def is_described(event_type: str) -> bool:
    return event_type in _EVENTS


def happened(event_type: str, language: Language) -> str:
    """Return what an event says, as a clause; a type nobody described is shown as it is."""
    known = _EVENTS.get(event_type)
    return event_type if known is None else known[language is _HE]


def channel(kind: str, language: Language) -> str:
    """Return what a kind of channel is called; a source that is none is shown as it is."""
    known = _CHANNELS.get(kind)
    return kind if known is None else known[language is _HE]


def why_now(
    title: str,
    language: Language,
    *,
    last: tuple[str, str, timedelta] | None,
    signs: int,
    phrases: Sequence[str] = (),
    promised: str | None = None,
) -> str:
    """Return why the customer is called now, in one sentence.

    `last` is the last sign: its event's type, its channel, and how long ago it was; `signs` how many there are.
    `promised` is the time a call was promised for, as it is read.
    """
    english = language is _EN
    parts = [title]
    if last is not None:
        kind, channel, span = last
        parts.append(f": {happened(kind, language)} {ago(span, language)} ({channel})")
    if signs > 1:
        parts.append(f", {more_signs(signs - 1, language)}" if english else f" {more_signs(signs - 1, language)}")
    if phrases:
        quoted = ", ".join(f"“{phrase}”" for phrase in phrases[:3])
        parts.append(f", in the words {quoted}" if english else f", במילים {quoted}")
    if promised is not None:
        parts.append(f"; a call was promised by {promised}" if english else f"; הובטחה שיחה עד {promised}")
    return "".join(parts) + "."


def opening(
    script: str | None,
    language: Language,
    *,
    about: str,
    agent: str,
    organisation: str | None,
    name: str | None,
    promised: bool,
    written: str | None = None,
) -> str:
    """Return how to begin, in the customer's language; a script nobody wrote words for names what it is `about`.

    `written` are words that were written over the shipped ones.
    """
    known = (written, written) if written is not None else OPENINGS.get(script or "")
    if language is _HE:
        greeting = f"שלום{f' {name}' if name else ''}, כאן {agent}{f' מ{organisation}' if organisation else ''}."
        kept = " הבטחנו להתקשר, ואנחנו כאן." if promised else ""
        return f"{greeting}{kept} {known[1] if known else f'השיחה היא בעניין: {about}. האם זה זמן נוח?'}"
    greeting = f"Hello{f' {name}' if name else ''}, this is {agent}{f' from {organisation}' if organisation else ''}."
    kept = " We promised to call, and here we are." if promised else ""
    return f"{greeting}{kept} {known[0] if known else f'I am calling about this: {about}. Is it a good moment?'}"
