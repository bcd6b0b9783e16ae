from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator.availability import gates
from orchestrator.availability.consent import Wishes, suppressed_by_consent
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.sentences import ENGLISH
from orchestrator.availability.situation import (
    Budget,
    BudgetKind,
    Cap,
    Contact,
    ContactKind,
    Cooldown,
    Situation,
    Staffing,
    SwitchScope,
    Worth,
)
from orchestrator.availability.verdicts import GateState, Verdict
from orchestrator.errors import BadInput
from tests.unit.availability.factories import NOON, a_situation

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
Gate = Callable[[Situation, datetime], Verdict]


def ask(gate: Gate, **changes: Any) -> tuple[GateState, str]:
    verdict = gate(a_situation(**changes), NOON)
    assert verdict.sentence  # every verdict can be said
    return verdict.state, verdict.why


def often(now: datetime = NOON, **changes: Any) -> tuple[GateState, datetime]:
    verdict, free_at = gates.frequency(a_situation(**changes), now)
    assert verdict.sentence
    return verdict.state, free_at


def dial(ago: timedelta, rule: str | None = None) -> Contact:
    return Contact(NOON - ago, ContactKind.DIAL, rule)


OPEN, CLOSED, REFUSED, NOT_APPLICABLE = GateState.OPEN, GateState.CLOSED, GateState.REFUSED, GateState.NOT_APPLICABLE
EXEMPT = [{"purpose": Purpose.REQUESTED_CALLBACK}, {"promised": True}]


@pytest.mark.parametrize("why", ["resolved", "erased", "in_live_contact"])
def test_nobody_is_called_who_no_longer_needs_it(why: str) -> None:
    assert ask(gates.still_needed, **{why: True}) == (REFUSED, why)
    assert ask(gates.still_needed) == (OPEN, "needed")


@pytest.mark.parametrize(
    ("purpose", "consent", "state"),
    [
        (Purpose.SERVICE, {}, OPEN),
        (Purpose.SERVICE, {"service": False}, REFUSED),
        (Purpose.SERVICE, {"marketing": False}, OPEN),
        (Purpose.MARKETING, {}, REFUSED),
        (Purpose.MARKETING, {"marketing": False}, REFUSED),
        (Purpose.MARKETING, {"marketing": True}, OPEN),
        (Purpose.REQUESTED_CALLBACK, {"service": False, "marketing": False}, OPEN),
    ],
)
def test_consent_is_asked_by_purpose(purpose: Purpose, consent: dict[str, bool], state: GateState) -> None:
    assert ask(gates.consent, purpose=purpose, wishes=Wishes(consent=consent))[0] is state
    assert suppressed_by_consent(purpose, {"consent": consent}) is (state is REFUSED)


@pytest.mark.parametrize(
    ("medium", "consent", "state"),
    [
        (Medium.VOICE_RECORDED, {}, REFUSED),
        (Medium.VOICE_RECORDED, {"voice_recorded": False}, REFUSED),
        (Medium.VOICE_RECORDED, {"voice_recorded": True}, OPEN),
        (Medium.SMS, {}, OPEN),
        (Medium.SMS, {"sms": False}, REFUSED),
        (Medium.VOICE_PERSON, {"voice_recorded": False, "sms": False}, OPEN),
    ],
)
@pytest.mark.parametrize("purpose", [Purpose.SERVICE, Purpose.REQUESTED_CALLBACK])
def test_consent_is_asked_by_medium_whatever_the_purpose(
    purpose: Purpose, medium: Medium, consent: dict[str, bool], state: GateState
) -> None:
    assert ask(gates.consent, purpose=purpose, medium=medium, wishes=Wishes(consent=consent))[0] is state


def test_only_booleans_are_wishes() -> None:
    wishes = Wishes.of({"do_not_call": "true", "consent": {"marketing": 1, "service": "no", "sms": False}})

    assert wishes == Wishes(consent={"sms": False})
    assert Wishes.of({"consent": ["marketing"]}) == Wishes()
    assert Wishes.of({"do_not_call": True}).do_not_call


def test_do_not_call_stands_against_every_contact_but_the_one_asked_for() -> None:
    wishes = Wishes(do_not_call=True)

    assert ask(gates.do_not_call, wishes=wishes) == (REFUSED, "do_not_call")
    assert ask(gates.do_not_call, wishes=wishes, purpose=Purpose.REQUESTED_CALLBACK) == (OPEN, "requested_despite")
    assert suppressed_by_consent(Purpose.SERVICE, {"do_not_call": True})
    assert not suppressed_by_consent(Purpose.REQUESTED_CALLBACK, {"do_not_call": True})


def test_do_not_call_recorded_after_the_request_takes_the_request_back() -> None:
    asked = {"purpose": Purpose.REQUESTED_CALLBACK, "requested_at": NOON - HOUR}

    assert ask(gates.do_not_call, wishes=Wishes(True, NOON - 2 * HOUR), **asked)[0] is OPEN
    assert ask(gates.do_not_call, wishes=Wishes(True, NOON), **asked)[0] is REFUSED


def test_a_blocked_number_is_called_for_nobody() -> None:
    changes = {"wishes": Wishes(number_blocked=True), "purpose": Purpose.REQUESTED_CALLBACK}

    assert ask(gates.do_not_call, **changes) == (REFUSED, "number_blocked")


def test_a_call_must_be_worth_its_cost() -> None:
    assert ask(gates.worth, worth=Worth(72.0, 0.25, 18.0))[0] is OPEN
    assert ask(gates.worth, worth=Worth(71.9, 0.25, 18.0))[0] is REFUSED
    assert ask(gates.worth, worth=Worth(None, 0.25, 18.0)) == (REFUSED, "worth_unknown")
    assert ask(gates.worth)[0] is NOT_APPLICABLE


def test_the_held_out_are_not_called() -> None:
    assert ask(gates.holdout, control=True)[0] is REFUSED
    assert ask(gates.holdout)[0] is OPEN


@pytest.mark.parametrize("changes", EXEMPT)
def test_what_was_asked_for_or_promised_is_never_weighed_or_held_out(changes: dict[str, Any]) -> None:
    spent = Budget(BudgetKind.CALLS, 10, 10, NOON + HOUR)

    assert ask(gates.worth, worth=Worth(0.0, 0.0, 18.0), **changes)[0] is NOT_APPLICABLE
    assert ask(gates.holdout, control=True, **changes)[0] is NOT_APPLICABLE
    assert ask(gates.budget, budgets=(spent,), **changes)[0] is NOT_APPLICABLE
    assert often(caps=(Cap(1, DAY),), contacts=(dial(HOUR),), **changes) == (NOT_APPLICABLE, NOON)


def test_a_cooldown_is_over_to_the_microsecond() -> None:
    tick = timedelta(microseconds=1)

    assert ask(gates.cooldown, cooldown=Cooldown(NOON - DAY, DAY))[0] is OPEN
    assert ask(gates.cooldown, cooldown=Cooldown(NOON - DAY + tick, DAY))[0] is REFUSED
    assert ask(gates.cooldown, cooldown=Cooldown(NOON, DAY), purpose=Purpose.REQUESTED_CALLBACK)[0] is NOT_APPLICABLE
    assert ask(gates.cooldown)[0] is NOT_APPLICABLE


def test_a_cap_is_free_again_as_its_oldest_counted_contact_falls_out() -> None:
    contacts = (dial(HOUR), dial(5 * HOUR), dial(23 * HOUR), dial(25 * HOUR))

    assert often(caps=(Cap(4, DAY),), contacts=contacts) == (OPEN, NOON)
    assert often(caps=(Cap(3, DAY),), contacts=contacts) == (CLOSED, NOON + HOUR)
    assert often(caps=(Cap(1, DAY),), contacts=contacts) == (CLOSED, NOON + 23 * HOUR)
    assert often(now=NOON + HOUR, caps=(Cap(3, DAY),), contacts=contacts) == (OPEN, NOON + HOUR)


def test_the_strictest_of_several_caps_decides() -> None:
    caps = (Cap(1, 2 * HOUR), Cap(2, DAY), Cap(9, 7 * DAY))

    assert often(caps=caps, contacts=(dial(HOUR), dial(4 * HOUR))) == (CLOSED, NOON + 20 * HOUR)


def test_a_rules_cap_counts_its_own_contacts_and_the_common_one_counts_all() -> None:
    mine, other = dial(HOUR, "mine"), dial(2 * HOUR, "other")

    assert often(rule="mine", caps=(Cap(2, DAY, "mine"),), contacts=(mine, other)) == (OPEN, NOON)
    assert often(rule="mine", caps=(Cap(1, DAY, "mine"),), contacts=(mine, other)) == (CLOSED, NOON + 23 * HOUR)
    assert often(rule="mine", caps=(Cap(1, DAY, "other"),), contacts=(mine, other)) == (OPEN, NOON)
    assert often(rule="mine", caps=(Cap(2, DAY),), contacts=(mine, other)) == (CLOSED, NOON + 22 * HOUR)


def test_caps_hold_per_customer_and_per_number_but_not_for_their_sum() -> None:
    assert often(caps=(Cap(2, DAY),), contacts=(dial(HOUR),), number_contacts=(dial(2 * HOUR),)) == (OPEN, NOON)
    assert often(caps=(Cap(1, DAY),), number_contacts=(dial(HOUR),)) == (CLOSED, NOON + 23 * HOUR)


def test_messages_count_and_the_customers_own_contacts_only_toward_marketing() -> None:
    written = Contact(NOON - HOUR, ContactKind.MESSAGE)
    called_us = Contact(NOON - HOUR, ContactKind.INBOUND)

    assert often(caps=(Cap(1, DAY),), contacts=(written,))[0] is CLOSED
    assert often(caps=(Cap(1, DAY),), contacts=(called_us,))[0] is OPEN
    assert often(caps=(Cap(1, DAY),), contacts=(called_us,), purpose=Purpose.MARKETING)[0] is CLOSED


def test_a_cap_of_no_contact_is_refused() -> None:
    with pytest.raises(BadInput):
        Cap(0, DAY)


def test_without_agents_nobody_is_called() -> None:
    assert ask(gates.staffing, staffing=Staffing(0)) == (CLOSED, "no_agents")
    assert ask(gates.staffing, staffing=Staffing(1, open_tasks=500))[0] is OPEN
    assert ask(gates.staffing)[0] is NOT_APPLICABLE


def test_no_more_tasks_wait_than_the_agents_on_duty_may_have_ahead() -> None:
    assert ask(gates.staffing, staffing=Staffing(2, open_tasks=5, per_agent=3))[0] is OPEN
    assert ask(gates.staffing, staffing=Staffing(2, open_tasks=6, per_agent=3)) == (CLOSED, "too_many_waiting")


def test_nobody_is_promised_a_call_that_comes_later_than_the_promise() -> None:
    half = timedelta(minutes=30)

    def says(wait: timedelta | None, promise: timedelta | None) -> tuple[GateState, str]:
        return ask(gates.staffing, staffing=Staffing(2, open_tasks=9, forecast_wait=wait, promise=promise))

    assert says(half, half) == (OPEN, "staffed")
    assert says(half + timedelta(seconds=1), half) == (CLOSED, "promise_too_early")
    assert says(10 * half, None) == says(None, half) == (OPEN, "staffed")


def test_a_kill_switch_stops_dials_and_lets_messages_out() -> None:
    thrown = {"switches": (SwitchScope.QUEUE, SwitchScope.EVERYTHING)}

    assert ask(gates.kill_switch, **thrown)[0] is CLOSED
    assert ask(gates.kill_switch, medium=Medium.VOICE_RECORDED, **thrown)[0] is CLOSED
    assert ask(gates.kill_switch, medium=Medium.SMS, **thrown)[0] is NOT_APPLICABLE
    assert ask(gates.kill_switch)[0] is OPEN


def test_a_message_needs_no_agent() -> None:
    assert ask(gates.staffing, medium=Medium.SMS, staffing=Staffing(0))[0] is NOT_APPLICABLE


def test_a_used_up_budget_holds_until_it_is_renewed() -> None:
    calls = Budget(BudgetKind.CALLS, 10, 10, NOON + HOUR)

    assert ask(gates.budget, budgets=(calls,))[0] is CLOSED
    assert ask(gates.budget, budgets=(Budget(BudgetKind.CALLS, 9, 10, NOON + HOUR),))[0] is OPEN
    assert ask(gates.budget, budgets=(Budget(BudgetKind.CALLS, 10, 10, NOON),))[0] is OPEN
    assert ask(gates.budget, budgets=(calls,), medium=Medium.SMS)[0] is OPEN
    assert ask(gates.budget, budgets=(Budget(BudgetKind.MONEY, 5.0, 5.0, NOON + HOUR),), medium=Medium.SMS)[0] is CLOSED


def test_a_late_found_moment_waits_out_its_grace() -> None:
    assert ask(gates.late_grace, not_before=NOON + HOUR)[0] is CLOSED
    assert ask(gates.late_grace, not_before=NOON)[0] is OPEN
    assert ask(gates.late_grace)[0] is NOT_APPLICABLE


def test_a_contact_expires_at_its_expiry() -> None:
    assert ask(gates.expired, expires_at=NOON)[0] is REFUSED
    assert ask(gates.expired, expires_at=NOON + HOUR)[0] is OPEN
    assert ask(gates.expired)[0] is NOT_APPLICABLE


def test_sentences_end_as_sentences_do() -> None:
    assert [text for text in ENGLISH.values() if not text.endswith(".") or text[0].islower()] == []
