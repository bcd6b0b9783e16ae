"""What a why-card counts, in English and Hebrew: each number with the form of words its language has for it. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from babel import Locale

from orchestrator.escalations.words import Language

_EN, _HE = Language.ENGLISH, Language.HEBREW
Forms = Mapping[str, str]  # by the names that CLDR has for plurals; `other` fits every number

_SIGNS: Mapping[Language, Forms] = {
    _EN: {"one": "with {} more sign", "other": "with {} more signs"},
    _HE: {"one": "ועוד סימן אחד", "two": "ועוד שני סימנים", "other": "ועוד {} סימנים"},
}
_AGO: Mapping[Language, tuple[Forms, ...]] = {
    _EN: (
        {"one": "{} day ago", "other": "{} days ago"},
        {"one": "{} hour ago", "other": "{} hours ago"},
        {"one": "{} minute ago", "other": "{} minutes ago"},
    ),
    _HE: (
        {"one": "לפני יום", "two": "לפני יומיים", "other": "לפני {} ימים"},
        {"one": "לפני שעה", "two": "לפני שעתיים", "other": "לפני {} שעות"},
        {"one": "לפני דקה", "two": "לפני שתי דקות", "other": "לפני {} דקות"},
    ),
}
_NOW = {_EN: "just now", _HE: "זה עתה"}
_LENGTHS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))


def ago(span: timedelta, language: Language) -> str:
    """Return how long ago something was, to the largest unit that fits."""
    for length, forms in zip(_LENGTHS, _AGO[language], strict=True):
        if span >= length:
            return _counted(span // length, forms, language)
    return _NOW[language]


def more_signs(number: int, language: Language) -> str:
    """Return that there are so many more signs."""
    return _counted(number, _SIGNS[language], language)


def _counted(number: int, forms: Forms, language: Language) -> str:
    form = Locale.parse(language.value).plural_form(number)
    return forms.get(form, forms["other"]).format(number)
