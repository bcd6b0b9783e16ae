from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.availability.decisions import UNTIL_TOLD, decide, time_windows
from orchestrator.availability.intervals import Interval, NaiveTime
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import (
    Budget,
    BudgetKind,
    Cap,
    Contact,
    ContactKind,
    Staffing,
    SwitchScope,
    Unplaced,
)
from orchestrator.availability.trial import Answer, Trial, try_hours
from orchestrator.availability.verdicts import Decision, GateCode, GateState, Go, Refuse, Wait
from orchestrator.availability.windows import Always, Fixed, Windows, starting
from tests.unit.availability.factories import NOON, a_calendar, a_situation

HOUR = timedelta(hours=1)
NEVER = Fixed()


def hours(start: float, end: float) -> Windows:
    """Open so many hours after noon."""
    return Fixed(Interval(NOON + start * HOUR, NOON + end * HOUR))


def decided(now: datetime = NOON, **changes: Any) -> Decision:
    return decide(a_situation(**changes), now)


def test_with_nothing_against_it_the_contact_goes_out() -> None:
    assert isinstance(decided(), Go)


def test_every_gate_leaves_exactly_one_verdict() -> None:
    for decision in (
        decided(),
        decided(business=hours(1, 2)),
        decided(business=NEVER, expires_at=NOON + HOUR),
        decided(resolved=True, calling=Unplaced("zone_unknown")),
    ):
        assert sorted(verdict.gate for verdict in decision.verdicts) == sorted(GateCode)
        assert all(verdict.as_json()["sentence"] for verdict in decision.verdicts)


def test_it_waits_for_the_first_instant_all_time_gates_share() -> None:
    decision = decided(
        calling=hours(2, 9),
        business=hours(-1, 5),
        rest=hours(0, 9),
        not_before=NOON + 3 * HOUR,
        caps=(Cap(1, 24 * HOUR),),
        contacts=(Contact(NOON - 20 * HOUR, ContactKind.DIAL),),
        expires_at=NOON + 24 * HOUR,
    )

    assert isinstance(decision, Wait)
    assert decision.until == NOON + 4 * HOUR
    assert decision.reasons == (GateCode.CALLING_HOURS, GateCode.FREQUENCY, GateCode.LATE_GRACE)


def test_an_opening_at_the_expiry_is_too_late() -> None:
    late = decided(business=hours(5, 9), expires_at=NOON + 5 * HOUR)
    just = decided(business=hours(5, 9), expires_at=NOON + 5 * HOUR + timedelta(microseconds=1))

    assert isinstance(late, Refuse)
    assert late.reasons == (GateCode.BUSINESS_HOURS, GateCode.EXPIRED)
    assert late.expired
    assert isinstance(just, Wait)


def test_hours_that_never_meet_before_the_expiry_are_both_named() -> None:
    decision = decided(calling=hours(0, 2), business=hours(2, 4), expires_at=NOON + 24 * HOUR)

    assert isinstance(decision, Refuse)
    assert decision.reasons == (GateCode.BUSINESS_HOURS, GateCode.CALLING_HOURS, GateCode.EXPIRED)


def test_only_the_gate_that_does_not_open_in_time_is_named() -> None:
    decision = decided(calling=hours(1, 9), business=hours(3, 9), expires_at=NOON + 2 * HOUR)

    assert isinstance(decision, Refuse)
    assert decision.reasons == (GateCode.BUSINESS_HOURS, GateCode.EXPIRED)


def test_without_an_expiry_it_waits_400_days_and_no_longer() -> None:
    day = timedelta(days=1)

    assert isinstance(decided(business=starting(NOON + 400 * day)), Wait)
    assert isinstance(decided(business=starting(NOON + 400 * day + timedelta(seconds=1))), Refuse)


def test_whatever_refuses_refuses_before_any_waiting() -> None:
    decision = decided(
        purpose=Purpose.MARKETING, control=True, business=hours(1, 2), resolved=True, expires_at=NOON + 24 * HOUR
    )

    assert isinstance(decision, Refuse)
    assert decision.reasons == (GateCode.CONSENT, GateCode.HOLDOUT, GateCode.STILL_NEEDED)
    assert not decision.expired


def test_a_customer_nobody_can_place_is_not_called() -> None:
    decision = decided(calling=Unplaced("zone_unknown"), expires_at=NOON + HOUR)

    assert isinstance(decision, Refuse)
    assert decision.reasons == (GateCode.CALLING_HOURS,)


def test_what_has_expired_is_refused_as_expired() -> None:
    decision = decided(expires_at=NOON)

    assert isinstance(decision, Refuse)
    assert decision.reasons == (GateCode.EXPIRED,)


def test_an_empty_shift_and_a_kill_switch_are_looked_at_again() -> None:
    empty = decided(staffing=Staffing(0), recheck=timedelta(seconds=20))
    stopped = decided(switches=(SwitchScope.RULE,), recheck=timedelta(seconds=20))

    assert isinstance(empty, Wait)
    assert (empty.until, empty.reasons) == (NOON + timedelta(seconds=20), (GateCode.STAFFING,))
    assert isinstance(stopped, Wait)
    assert stopped.reasons == (GateCode.KILL_SWITCH,)


def test_a_look_again_is_never_at_once_and_never_after_the_expiry() -> None:
    eager = decided(staffing=Staffing(0), recheck=timedelta(0))
    short = decided(staffing=Staffing(0), recheck=HOUR, expires_at=NOON + timedelta(minutes=5))

    assert isinstance(eager, Wait)
    assert eager.until > NOON
    assert isinstance(short, Wait)
    assert short.until == NOON + timedelta(minutes=5)


def test_closed_hours_come_before_an_empty_shift() -> None:
    decision = decided(staffing=Staffing(0), business=hours(3, 9))

    assert isinstance(decision, Wait)
    assert (decision.until, decision.reasons) == (NOON + 3 * HOUR, (GateCode.BUSINESS_HOURS, GateCode.STAFFING))


def test_a_used_up_budget_waits_for_its_renewal() -> None:
    decision = decided(budgets=(Budget(BudgetKind.CALLS, 5, 5, NOON + HOUR),))

    assert isinstance(decision, Wait)
    assert (decision.until, decision.reasons) == (NOON + HOUR, (GateCode.BUDGET,))


def test_a_message_waits_for_no_agent_and_no_opening() -> None:
    decision = decided(medium=Medium.SMS, business=NEVER, staffing=Staffing(0), switches=(SwitchScope.EVERYTHING,))

    assert isinstance(decision, Go)


def test_a_promised_call_waits_for_no_cap() -> None:
    caps, contacts = (Cap(1, 24 * HOUR),), (Contact(NOON - HOUR, ContactKind.DIAL),)

    assert isinstance(decided(caps=caps, contacts=contacts), Wait)
    assert isinstance(decided(promised=True, caps=caps, contacts=contacts), Go)


def test_a_real_calendar_tells_when_it_opens() -> None:
    # Saturday evening in Jerusalem; the queue opens on Sunday at 08:30.
    decision = decided(datetime(2026, 6, 6, 20, tzinfo=UTC), business=a_calendar().open_times())

    assert isinstance(decision, Wait)
    assert decision.until == datetime(2026, 6, 7, 5, 30, tzinfo=UTC)
    closed = next(verdict for verdict in decision.verdicts if verdict.gate is GateCode.BUSINESS_HOURS)
    assert closed.state is GateState.CLOSED
    assert closed.sentence == "The queue is closed until 2026-06-07T05:30:00Z."


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveTime):
        decided(NOON.replace(tzinfo=None))


def tried(business: Windows, calling: Windows, expires: float | None = None) -> Trial:
    gates = {GateCode.BUSINESS_HOURS: business, GateCode.CALLING_HOURS: calling}
    return try_hours(gates, at=NOON, expires=None if expires is None else NOON + expires * HOUR)


def test_a_trial_goes_waits_or_refuses() -> None:
    assert tried(Always(), Always()) == Trial(Answer.GO)
    assert tried(hours(1, 3), hours(0, 3)) == Trial(Answer.WAIT, NOON + HOUR, (GateCode.BUSINESS_HOURS,))
    assert tried(NEVER, hours(0, 3)) == Trial(Answer.REFUSE, None, (GateCode.BUSINESS_HOURS,))


def test_a_trial_names_the_expiry_where_it_decided() -> None:
    both = (GateCode.BUSINESS_HOURS, GateCode.CALLING_HOURS)

    assert tried(hours(2, 3), hours(1, 3), expires=2).reasons == (GateCode.BUSINESS_HOURS, GateCode.EXPIRED)
    assert tried(Always(), Always(), expires=0).reasons == (GateCode.EXPIRED,)
    assert tried(hours(1, 2), Always(), expires=-1).reasons == (GateCode.BUSINESS_HOURS, GateCode.EXPIRED)
    assert tried(hours(1, 2), hours(2, 3), expires=24).reasons == both


def test_an_emergency_close_without_an_end_holds_until_somebody_lifts_it() -> None:
    held = decided(business=Always(), closed_from=NOON - HOUR)

    assert isinstance(held, Wait)
    assert (held.until, held.reasons) == (NOON + UNTIL_TOLD, (GateCode.BUSINESS_HOURS,))
    said = next(each for each in held.verdicts if each.gate is GateCode.BUSINESS_HOURS)
    assert (said.why, said.figures) == ("business_until_told", {"since": "2026-06-09T11:00:00Z"})


def test_what_expires_under_an_emergency_close_is_held_until_then_and_refused_at_last() -> None:
    held = decided(business=Always(), closed_from=NOON, expires_at=NOON + timedelta(minutes=5))
    late = decided(NOON + timedelta(minutes=5), business=Always(), closed_from=NOON, expires_at=NOON + timedelta(minutes=5))

    assert isinstance(held, Wait)
    assert held.until == NOON + timedelta(minutes=5)
    assert isinstance(late, Refuse)
    assert late.expired


def test_a_close_to_come_lets_contacts_pass_that_come_before_it_and_holds_those_that_would_come_after() -> None:
    tonight = NOON + 6 * HOUR
    before = decided(business=hours(2, 9), closed_from=tonight)
    after = decided(business=hours(8, 9), closed_from=tonight)

    assert isinstance(decided(business=Always(), closed_from=tonight), Go)
    assert isinstance(before, Wait)
    assert before.until == NOON + 2 * HOUR
    assert isinstance(after, Wait)
    assert {each.why for each in before.verdicts} & {"business_closed", "business_until_told"} == {"business_closed"}
    assert {each.why for each in after.verdicts} & {"business_closed", "business_until_told"} == {"business_until_told"}


def test_messages_do_not_wait_for_a_queue_to_open_again() -> None:
    assert isinstance(decided(medium=Medium.SMS, business=Always(), closed_from=NOON - HOUR), Go)


def test_a_picture_of_the_coming_days_shows_nothing_open_after_the_close_begins() -> None:
    windows = time_windows(a_situation(business=Always(), closed_from=NOON + HOUR), NOON)

    assert windows[GateCode.BUSINESS_HOURS].between(NOON, NOON + 24 * HOUR) == (Interval(NOON, NOON + HOUR),)
