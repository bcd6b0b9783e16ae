import pytest

from orchestrator.telephony.ports import CarrierRefused, CarrierUnavailable, CarrierUnclear, Refusal
from orchestrator.telephony.refusals import of_creation, of_repeatable


@pytest.mark.parametrize(
    ("status", "number", "kind"),
    [
        (429, 20429, CarrierUnavailable),
        (429, 429, CarrierUnavailable),
        (400, 21211, CarrierRefused),
        (401, 20003, CarrierRefused),
        (403, 21215, CarrierRefused),
        (400, 400, CarrierUnclear),
        (404, 404, CarrierUnclear),
        (408, 408, CarrierUnclear),
        (302, 302, CarrierUnclear),
        (500, 20500, CarrierUnclear),
        (503, 20503, CarrierUnclear),
        (502, 502, CarrierUnclear),
    ],
)
def test_a_call_is_surely_not_there_only_when_the_carrier_itself_said_so(
    status: int, number: int, kind: type[Exception]
) -> None:
    assert isinstance(of_creation(status, number), kind)


@pytest.mark.parametrize(
    ("number", "refusal"),
    [
        (21211, Refusal.NUMBER),
        (21217, Refusal.NUMBER),
        (21614, Refusal.NUMBER),
        (21610, Refusal.OPTED_OUT),
        (10004, Refusal.LATER),
        (21611, Refusal.LATER),
        (21210, Refusal.SETUP),
        (20003, Refusal.SETUP),
        (99999, Refusal.SETUP),
    ],
)
def test_a_refusal_says_what_would_help(number: int, refusal: Refusal) -> None:
    error = of_creation(400, number)

    assert isinstance(error, CarrierRefused)
    assert error.refusal is refusal


def test_a_question_may_be_asked_again_after_any_fault_of_the_server() -> None:
    assert isinstance(of_repeatable(500, 20500), CarrierUnavailable)
    assert isinstance(of_repeatable(429, 20429), CarrierUnavailable)


def test_a_call_that_is_over_or_unknown_is_no_fault() -> None:
    over, missing = of_repeatable(400, 21220), of_repeatable(404, 20404)

    assert isinstance(over, CarrierRefused)
    assert over.refusal is Refusal.OVER
    assert isinstance(missing, CarrierRefused)
    assert missing.refusal is Refusal.MISSING


def test_an_error_says_no_more_than_its_code() -> None:
    assert str(of_creation(400, 21211)) == "number 21211"
