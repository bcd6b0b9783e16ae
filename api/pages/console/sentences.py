"""A gate's verdict as a sentence in the reader's language."""

from collections.abc import Callable, Mapping
from typing import Any

from api.pages.languages import translations
from orchestrator.availability.sentences import ENGLISH


def sentences_in(language: str) -> Callable[[Mapping[str, Any]], str]:
    """Return what tells a stored verdict; one written by another version, whose sentence we lack, is told as it was stored."""
    gettext = translations(language).gettext

    def sentence(verdict: Mapping[str, Any]) -> str:
        english = ENGLISH.get(verdict.get("why", ""))
        if english is None:
            return str(verdict.get("sentence", ""))
        try:
            return gettext(english).format_map(verdict.get("figures", {}))
        except (KeyError, IndexError, ValueError):
            return str(verdict.get("sentence", ""))

    return sentence
