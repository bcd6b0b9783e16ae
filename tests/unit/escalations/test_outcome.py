"""What dispositions mean."""

import pytest

from orchestrator.errors import BadInput
from orchestrator.escalations.outcome import Disposition, outcome_of
from orchestrator.escalations.plan import Result
from orchestrator.escalations.states import Outcome


@pytest.mark.parametrize(
    ("disposition", "outcome"),
    [
        ("solved", Outcome.SOLVED),
        ("not_solved", Outcome.NOT_SOLVED),
        ("declined", Outcome.DECLINED),
        ("never_call", Outcome.OPTED_OUT),
        ("not_stated", Outcome.NOT_SOLVED),
    ],
)
def test_some_dispositions_end_the_case(disposition: str, outcome: Outcome) -> None:
    assert outcome_of(disposition) is outcome


@pytest.mark.parametrize("disposition", ["no_answer", "wrong_number", "voicemail", "call_again", "busy", "machine", "unknown"])
def test_others_go_on_with_the_plan(disposition: str) -> None:
    assert outcome_of(disposition) is Result(disposition)


def test_every_disposition_and_every_result_means_something() -> None:
    assert all(outcome_of(each) for each in (*Disposition, *Result))


def test_an_unheard_of_disposition_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadInput) as refused:
        outcome_of("fine")

    assert refused.value.field == "disposition"
    assert refused.value.fix is not None
    assert "solved" in refused.value.fix
    assert "not_stated" not in refused.value.fix  # the server's own
