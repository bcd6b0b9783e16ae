"""Anger as people write it, in English and Hebrew: phrases, each with its weight. The words found are the evidence.

Sentiment libraries know no Hebrew and read sarcasm as praise, so words are only the second sign: what people do comes
first, and the shipped rule adds both up. Whoever names a lawyer or a claim has weight enough alone.
"""

import re
import unicodedata
from functools import lru_cache

_MILD, _STRONG, _THREAT = 1, 2, 3

_ENGLISH = {
    _MILD: (
        "unacceptable|ridiculous|fed up|frustrat(?:ed|ing)|annoy(?:ed|ing)|disappoint(?:ed|ing)|useless|waste of (?:my )?time|"
        "no(?:body|[ -]one) (?:helps?|answers?|cares?|replie[sd]|called)|(?:third|fourth|fifth|tenth|hundredth) time|"
        "still (?:no|not|nothing|waiting)|waiting for (?:hours|days|weeks)|for the last time|speak to (?:a|your) manager|"
        "talk to a (?:human|person)|cancel (?:my|the) (?:account|contract|subscription|order)|worst|terrible|awful|horrible"
    ),
    _STRONG: (
        "disgrace(?:ful)?|disgust(?:ed|ing)|outrage(?:d|ous)?|furious|shame on you|sick of|had enough|never again|"
        "scam(?:s|med|mers?)?|fraud(?:sters?)?|thieves|liars?|lied to|rip[ -]?off|pathetic|incompetent|idiots?"
    ),
    _THREAT: (
        "(?:my )?lawyers?|legal action|small claims|sue you|suing|take you to court|see you in court|ombudsman|"
        "consumer protection|trading standards|chargeback|report you"
    ),
}
_HEBREW = {
    _MILD: (
        "נמאס|לא מקצועי|לא ייאמן|לא יאומן|שעות מחכ|מחכה כבר|אף אחד לא (?:עונה|חוזר|עוזר|מתקשר)|"
        "פעם (?:שלישית|רביעית|חמישית|עשירית)|"
        "לבטל|לעזוב|תלונה|להתלונן|מאכזב|אכזבה|גרוע|מתסכל|מרגיז|מעצבן|עצבני|בזבוז זמן|נציג אנושי|תחזרו אלי|מנהל(?:ת)? בבקשה"
    ),
    _STRONG: (
        "בושה|בושות|חרפה|חצופ|חוצפה|גנב|רמאי|רמאות|הונאה|שקרנ|מזעזע|מחפיר|שערורי|מגעיל|נוראי|נוכל|עושקי|זלזול|מזלזלים|טמטום"
    ),
    _THREAT: (
        'תביעה|אתבע|נתבע|לתבוע|תובענה|עורך[ -]דין|עורכת[ -]דין|עו"ד|הגנת הצרכן|בית[ -]משפט|תביעות קטנות|'
        "משרד התקשורת|המפקח על|אגיש תלונה|צעדים משפטיים"
    ),
}
_PREFIXES = "[והבלמשכ]{0,3}"
_QUOTES = str.maketrans({"״": '"', "“": '"', "”": '"', "„": '"', "׳": "'", "’": "'", "‘": "'", "`": "'"})
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
_LOUD = re.compile(r"!{3,}|(?:\b[A-Z]{3,}\b.*){2,}", re.DOTALL)
_LONGEST = 20_000


def _group(weight: int) -> str:
    return rf"(?P<w{weight}>(?:{_ENGLISH[weight]})(?!\w)|{_PREFIXES}(?:{_HEBREW[weight]}))"


# Heavier phrases stand first, and what has matched is not looked at again: one pass, no phrase within another.
_PHRASE = re.compile(rf"(?<!\w)(?:{'|'.join(_group(weight) for weight in (_THREAT, _STRONG, _MILD))})")


def normalise(text: str) -> str:
    """Return `text` without vowel points, bidi marks and soft hyphens, quotes folded, lower case, single spaces."""
    plain = _UNSEEN.sub("", text[:_LONGEST]).translate(_QUOTES)
    bare = "".join(c for c in unicodedata.normalize("NFD", plain) if unicodedata.category(c) != "Mn")
    return _SPACES.sub(" ", unicodedata.normalize("NFC", bare).casefold()).strip()


def matched(text: str) -> tuple[str, ...]:
    """Return the words that made it, in the order in which they stand, each once."""
    return tuple(_findings(text))


def score(text: str) -> int:
    """Return 0 for a calm text; else the weights of its different phrases, 1 to 3 each, and 1 more when it is loud."""
    found = _findings(text)
    return sum(found.values()) + (1 if _LOUD.search(text[:_LONGEST]) else 0) if found else 0


@lru_cache(maxsize=1024)
def _findings(text: str) -> dict[str, int]:
    """Return the weight of each phrase, in the order in which they first stand."""
    found: dict[str, int] = {}
    for match in _PHRASE.finditer(normalise(text)):
        found.setdefault(match[0], int(str(match.lastgroup)[1:]))
    return found
