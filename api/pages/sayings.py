"""What the domain says in English, said in the reader's language: its words by the catalogue, its values as they are."""

from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from orchestrator.sayings import Saying

Gettext = Callable[[str], str]


def in_language(text: str, gettext: Gettext) -> Markup:
    """Return the text as markup; what the catalogue does not know stands in its own direction."""
    words = text.words or str(text) if isinstance(text, Saying) else text
    if not words:
        return Markup("")
    values = {name: _value(value, gettext) for name, value in text.values.items()} if isinstance(text, Saying) else {}
    translated = gettext(words)
    if not values:
        return escape(translated) if translated != words else Markup('<bdi dir="ltr">{}</bdi>').format(words)
    return escape(translated).format_map(values)


def _value(value: Any, gettext: Gettext) -> Any:
    if isinstance(value, Saying):
        return in_language(value, gettext)
    return Markup('<bdi dir="ltr">{}</bdi>').format(value)
