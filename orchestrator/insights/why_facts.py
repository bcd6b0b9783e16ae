"""What a customer has told already, on whatever channel, so that nobody asks again. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from orchestrator.escalations.words import Language

MOST = 12
_LONGEST = 120  # characters
_QUOTED = frozenset({"text"})  # what was written is quoted where it was written
_UNSAID = frozenset({"language", "anonymous_id", "do_not_call", "consent", "phone"})  # shown elsewhere, or nothing to say
_LABELS = {
    "name": ("Name", "שם"),
    "email": ("E-mail", "דואר אלקטרוני"),
    "address": ("Address", "כתובת"),
    "region": ("Region", "אזור"),
    "country": ("Country", "מדינה"),
    "zone": ("Time zone", "אזור זמן"),
    "cart_id": ("Cart", "סל"),
    "total": ("Total", "סכום"),
    "step": ("Step", "שלב"),
    "query": ("Searched for", "חיפוש"),
    "city": ("City", "עיר"),
    "parcel": ("Parcel", "חבילה"),
    "reason": ("Reason", "סיבה"),
    "contract_id": ("Contract", "חוזה"),
    "ends_at": ("Ends", "מסתיים"),
    "sale_id": ("Sale", "מכירה"),
    "order_id": ("Order", "הזמנה"),
    "topic": ("Topic", "נושא"),
    "results": ("Results found", "תוצאות שנמצאו"),
    "page": ("Page", "דף"),
    "cause": ("Cause", "סיבה"),
    "count": ("How often", "כמה פעמים"),
    "menu": ("Menu", "תפריט"),
    "queue": ("Queue", "תור"),
    "waited": ("Waited (seconds)", "המתנה (שניות)"),
    "csat": ("Satisfaction (1 to 5)", "שביעות רצון (1 עד 5)"),
    "ces": ("Effort (1 to 7)", "מאמץ (1 עד 7)"),
    "nps": ("Would recommend (0 to 10)", "נכונות להמליץ (0 עד 10)"),
    "empathy": ("Felt understood (1 to 5)", "תחושת הבנה (1 עד 5)"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing we know, with a label to read it by."""

    label: str
    value: str


def facts_of(data: object, language: Language) -> tuple[Fact, ...]:
    """Return what an event's data, or a customer's attributes, say in plain values; what is nested is left out."""
    if not isinstance(data, Mapping):
        return ()
    shown = ((str(name), _value(value)) for name, value in data.items() if name not in _QUOTED | _UNSAID)
    return tuple(Fact(_label(name, language), value) for name, value in shown if value is not None)


def quote_of(data: object) -> str | None:
    """Return what the customer wrote, where the event carries it."""
    text = data.get("text") if isinstance(data, Mapping) else None
    return text.strip() or None if isinstance(text, str) else None


def known_already(
    attributes: Mapping[str, object], events: Iterable[tuple[datetime, object]], language: Language
) -> tuple[Fact, ...]:
    """Return what need not be asked again: attributes first, then what events said, the latest word on each."""
    known = {fact.label: fact for fact in facts_of(attributes, language)}
    for _, data in sorted(events, key=lambda event: event[0], reverse=True):
        for fact in facts_of(data, language):
            known.setdefault(fact.label, fact)
    return tuple(known.values())[:MOST]


def _value(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _label(name: str, language: Language) -> str:
    known = _LABELS.get(name)
    if known is not None:
        return known[language is Language.HEBREW]
    return name.replace("_", " ").replace("-", " ").strip().capitalize()[:40]
