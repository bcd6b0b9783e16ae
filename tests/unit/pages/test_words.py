"""Every code that a page may show has words, in both languages."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import pytest

from api.pages.console import words
from api.pages.languages import translations
from orchestrator.availability.verdicts import GateCode
from orchestrator.detection.verdicts import Verdict
from orchestrator.escalations.outcome import Disposition
from orchestrator.escalations.plan import Result
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.queueing.tables import TaskState
from orchestrator.telephony.tables import AttemptState, Ending, MessageState

SHOWN: list[tuple[Mapping[str, str], Iterable[StrEnum]]] = [
    (words.DISPOSITION, Disposition),
    (words.DISPOSITION, Result),
    (words.REASON, Outcome),
    (words.REASON, Ending),
    (words.REASON, GateCode),
    (words.PROMISE, PromiseState),
    (words.STATE, State),
    (words.TASK, TaskState),
    (words.MESSAGE, MessageState),
    (words.ATTEMPT, AttemptState),
]
CODES = [(table, each.value) for table, enum in SHOWN for each in enum]
CODES += [(words.REASON, each.value.removeprefix("suppressed:")) for each in Verdict]
CODES += [(words.REASON, code) for code in ("connected", "rescheduled", "late", "late_apology", "nobody_free", "replanned")]
CODES += [(words.DISPOSITION, "later")]


@pytest.mark.parametrize(("table", "code"), CODES)
def test_a_code_that_pages_show_has_words_in_both_languages(table: Mapping[str, str], code: str) -> None:
    english = words.word(table, code)

    assert table[code] == english
    assert translations("he").gettext(english) != english
