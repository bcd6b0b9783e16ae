"""A gate's verdict as a sentence in the reader's language and on their clock."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from orchestrator.escalations.words import Language
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.gate_words import gate_sentence


def sentences_in(language: str, zone: str) -> Callable[[Mapping[str, Any]], str]:
    """Return what tells a stored verdict."""
    return partial(gate_sentence, reader=Reader(Language(language), ZoneInfo(zone)))
