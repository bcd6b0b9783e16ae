"""The gates' verdicts as sentences in the reader's language, with their figures as they read there. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from orchestrator.availability.country_caps import place_name
from orchestrator.availability.marketing_rules import marketing_rules
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.sentences import ENGLISH
from orchestrator.availability.situation import BudgetKind, SwitchScope
from orchestrator.insights.explain.codes import phrase
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.foundations import foundation

HEBREW: Mapping[str, str] = {
    "needed": "הלקוח עוד זקוק לאדם.",
    "resolved": "מה שהלקוח נזקק לו נעשה.",
    "erased": "הלקוח ביקש להימחק.",
    "in_live_contact": "הלקוח מדבר עכשיו עם אדם.",
    "consent_not_needed": "הלקוח ביקש את השיחה הזאת, ואין צורך בהסכמה נוספת.",
    "consent_given": "הסכמת הלקוח כוללת {purpose}.",
    "consent_refused": "התקבל מן הלקוח סירוב לפנייה לשם {purpose}.",
    "consent_missing": "הלקוח לא הסכים ל{purpose}.",
    "medium_refused": "התקבל מן הלקוח סירוב לפנייה באמצעות {medium}.",
    "medium_missing": "הלקוח לא הסכים שיפנו אליו באמצעות {medium}.",
    "consent_on_record": "הסכמת הלקוח מיום {since} כוללת {purpose}.",
    "consent_until": "הסכמת הלקוח מיום {since} כוללת {purpose} עד {expires}.",
    "consent_refused_on": "ב־{since} התקבל מן הלקוח סירוב לפנייה לשם {purpose}.",
    "consent_expired": "הסכמת הלקוח ל{purpose} הסתיימה ב־{expires}.",
    "consent_elsewhere": "הלקוח הסכים ל{purpose}, אך לא לנושא הזה או לאמצעי הזה.",
    "topic_refused": "ב־{since} התקבל מן הלקוח סירוב לפנייה בנושא {topic}.",
    "topic_by_medium_refused": "ב־{since} התקבל מן הלקוח סירוב לפנייה באמצעות {medium} בנושא {topic}.",
    "medium_refused_on": "ב־{since} התקבל מן הלקוח סירוב לפנייה באמצעות {medium}.",
    "medium_expired": "הסכמת הלקוח לפנייה באמצעות {medium} הסתיימה ב־{expires}.",
    "may_be_called": "אין בקשה שלא להתקשר העומדת נגד פנייה זו.",
    "requested_despite": "רשומה בקשה שלא להתקשר, אך הלקוח ביקש את השיחה הזאת.",
    "do_not_call": "רשומה ללקוח בקשה שלא להתקשר.",
    "number_blocked": "רשומה למספר בקשה שלא להתקשר.",
    "topic_blocked": "רשומה ללקוח בקשה שלא להתקשר בנושא {topic}.",
    "declined_lately": "ב־{since} התקבל מן הלקוח סירוב, ואין פונים אליו עד {until}.",
    "registered": "המספר רשום: {registry}.",
    "registered_renewal": "המספר רשום: {registry}. עסקה קיימת אינה מתירה להציע את הארכתה.",
    "registry_stale": "הרשימה ישנה מדי: {registry} (ימים: {age}, מותר: {days}). השיחה מחכה לרשימה חדשה.",
    "registry_absent": "לא נקלטה רשימה: {registry}. השיחה מחכה לרשימה.",
    "registry_consent": "הסכמת הלקוח עצמו מיום {since} גוברת על {registry}.",
    "registry_transaction": "השיחה עוסקת בעסקה קיימת, ועל כך אין איסור: {registry}.",
    "not_registered": "המספר אינו רשום ({registry}), לפי הרשימה מיום {since}.",
    "exempt_requested": "לא חל על שיחה שהלקוח ביקש.",
    "exempt_promised": "לא חל אחרי שהובטחה ללקוח שיחה.",
    "exempt_medium": "לא חל על {medium}.",
    "not_configured": "דבר לא הוגדר לשער זה.",
    "worth_it": "השיחה שווה {expected} ועולה {call_cost}.",
    "not_worth_it": "השיחה שווה {expected} והייתה עולה {call_cost}.",
    "worth_unknown": "שווי השיחה אינו מספר.",
    "worth_by_event": "שווי השיחה נקבע לפי האירוע שיוביל אליה.",
    "not_held_out": "הלקוח אינו בקבוצה שאין מתקשרים אליה.",
    "held_out": "הלקוח בקבוצה שאין מתקשרים אליה.",
    "cooldown_over": "ההפסקה של הכלל ללקוח זה ({length}) הסתיימה ב־{until}.",
    "cooling_down": "הכלל מפסיק ללקוח זה למשך {length}, עד {until}.",
    "below_caps": "לא הושגה מכסת פניות.",
    "cap_reached": "מספר הפניות בתוך {within} הוא {count}, ומותרות {limit}; מותר שוב מ־{until}.",
    "cap_reached_subject": "מספר הפניות באותו עניין בתוך {within} הוא {count}, ומותרות {limit}; מותר שוב מ־{until}.",
    "cap_reached_media": "מספר הפניות באמצעות {media} בתוך {within} הוא {count}, ומותרות {limit}; מותר שוב מ־{until}.",
    "cap_reached_rule": "מספר הפניות של הכלל הזה בתוך {within} הוא {count}, ומותרות {limit}; מותר שוב מ־{until}.",
    "cap_reached_law": "מספר השיחות בתוך {within} הוא {count}, והדין ב{law} מתיר {limit}; מותר שוב מ־{until}.",
    "calling_open": "זו שעה מותרת במקום הלקוח.",
    "calling_closed": "זו שעה אסורה במקום הלקוח; מותר שוב מ־{until}.",
    "calling_never": "אין שעה מותרת במקום הלקוח בתוך {horizon}.",
    "zone_unknown": "לא ידוע באיזה אזור זמן או ארץ הלקוח.",
    "zone_not_a_zone": "אזור הזמן של הלקוח אינו קיים, ואין ארץ או מספר שמלמדים יותר.",
    "rest_open": "הלקוח אינו ביום מנוחה.",
    "rest_closed": "זה יום המנוחה של הלקוח, עד {until}.",
    "rest_never": "הלקוח במנוחה לכל אורך {horizon}.",
    "business_open": "התור פתוח.",
    "business_closed": "התור סגור עד {until}.",
    "business_until_told": "התור סגור סגירת חירום מ־{since} ועד להודעה חדשה.",
    "business_never": "התור לא נפתח בתוך {horizon}.",
    "no_agents": "אין במשמרת נציג של התור.",
    "too_many_waiting": "ממתינות יותר מדי משימות: {open_tasks}, ומספר הנציגים במשמרת: {agents}.",
    "promise_too_early": "השיחה תגיע בעוד {length}, מאוחר מ־{within} שייאמרו ללקוח. מספר הנציגים במשמרת: {agents}.",
    "staffed": "מספר הנציגים במשמרת: {agents}. משימות ממתינות: {open_tasks}.",
    "within_budget": "התקציב לא נוצל.",
    "budget_spent": "התקציב ({kind}) נוצל: {spent} מתוך {limit}. הוא מתחדש ב־{until}.",
    "budget_spent_queue": "תקציב התור ({kind}) נוצל: {spent} מתוך {limit}. הוא מתחדש ב־{until}.",
    "budget_spent_rule": "תקציב הכלל ({kind}) נוצל: {spent} מתוך {limit}. הוא מתחדש ב־{until}.",
    "switch_off": "שום מתג עצירה אינו מופעל.",
    "switch_thrown": "מתג העצירה מופעל עבור: {scopes}.",
    "grace_over": "אין ממתינים עוד לאירוע מאוחר.",
    "in_grace": "אירוע מאוחר עוד עשוי לשנות זאת; לא לפני {until}.",
    "in_time": "התוקף לא פג.",
    "never_expires": "אין תאריך תפוגה.",
    "has_expired": "התוקף פג ב־{expires}.",
    "expires_first": "אין זמן מותר לפני שהתוקף פג ב־{expires}.",
    "never_agree": "השערים אינם נפתחים כולם בתוך {horizon}.",
}
_LENGTH = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)(?:\.\d+)?")
_CODES: Mapping[str, type[StrEnum]] = {"purpose": Purpose, "medium": Medium, "kind": BudgetKind}


def gate_sentence(verdict: Mapping[str, Any], reader: Reader) -> str:
    """Tell a stored verdict; one written by another version, whose sentence we lack, is told as it was stored."""
    why, figures = str(verdict.get("why", "")), verdict.get("figures", {})
    words = (HEBREW if reader.is_hebrew else ENGLISH).get(why)
    if words is None:
        return str(verdict.get("sentence", ""))
    try:
        told = {name: _read(name, figure, reader) for name, figure in figures.items() if f"{{{name}}}" in words}
        return " ".join(filter(None, (words.format_map(told), foundation(figures, reader))))
    except (KeyError, TypeError, ValueError):
        return str(verdict.get("sentence", ""))


def _read(name: str, figure: Any, reader: Reader) -> str:
    """Return a figure as it reads. Raises `ValueError` for one that another version wrote otherwise."""
    match name:
        case "until" | "expires" | "since":
            return reader.instant(datetime.fromisoformat(figure))
        case "length" | "within" | "horizon":
            return reader.span(_length(figure))
        case "scopes":
            return ", ".join(phrase(SwitchScope(each.partition(" ")[0]), reader.language) for each in figure.split(", "))
        case "media":
            return ", ".join(phrase(Medium(each), reader.language) for each in figure.split(", "))
        case "law":
            return place_name(figure, reader.language)
        case "topic":
            return str(figure).replace("_", " ")
        case "registry":
            return _registry(str(figure)) if reader.is_hebrew else str(figure)
        case "purpose" | "medium" | "kind":
            return phrase(_CODES[name](figure), reader.language)
        case _:
            return reader.number(figure)


def _registry(name: str) -> str:
    """Return a registry's Hebrew name. Raises `KeyError` for one that another version knew."""
    known = {rules.registry.name: rules.registry.name_he for rules in marketing_rules().values() if rules.registry is not None}
    return known[name]


def _length(text: str) -> timedelta:
    """Read a length back from Python's own words for it: `7 days, 0:00:00`."""
    told = _LENGTH.fullmatch(text)
    if told is None:
        raise ValueError("no length")
    days, hours, minutes, seconds = (int(part or 0) for part in told.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
