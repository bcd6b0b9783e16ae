"""One function a gate: what it says about a contact, whatever the others say. Pure.

`worth`, `holdout`, `frequency` and `budget` never apply to a callback the customer requested, nor after a promise.
Staffing and the kill switch are no time gates, since no clock tells when they end: they hold a contact, and `decide`
says when to look again. A kill switch stops dials; a message that apologises for it still goes out.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from orchestrator.availability import caps
from orchestrator.availability.intervals import FOREVER
from orchestrator.availability.permission import consent as consent
from orchestrator.availability.permission import do_not_call as do_not_call
from orchestrator.availability.purposes import Medium, Purpose
from orchestrator.availability.situation import Budget, BudgetKind, Situation, SwitchScope
from orchestrator.availability.verdicts import Figure, GateCode, GateState, Verdict, shown


def _open(gate: GateCode, why: str, **figures: Figure) -> Verdict:
    return Verdict(gate, GateState.OPEN, why, figures)


def _closed(gate: GateCode, why: str, **figures: Figure) -> Verdict:
    return Verdict(gate, GateState.CLOSED, why, figures)


def _refused(gate: GateCode, why: str, **figures: Figure) -> Verdict:
    return Verdict(gate, GateState.REFUSED, why, figures)


def _not_applicable(gate: GateCode, why: str = "not_configured", **figures: Figure) -> Verdict:
    return Verdict(gate, GateState.NOT_APPLICABLE, why, figures)


def _exempt(gate: GateCode, situation: Situation) -> Verdict | None:
    if situation.purpose is Purpose.REQUESTED_CALLBACK:
        return _not_applicable(gate, "exempt_requested")
    return _not_applicable(gate, "exempt_promised") if situation.promised else None


def still_needed(situation: Situation, now: datetime) -> Verdict:
    gate = GateCode.STILL_NEEDED
    if situation.resolved:
        return _refused(gate, "resolved")
    if situation.erased:
        return _refused(gate, "erased")
    return _refused(gate, "in_live_contact") if situation.in_live_contact else _open(gate, "needed")


def worth(situation: Situation, now: datetime) -> Verdict:
    gate, known = GateCode.WORTH, situation.worth
    if (exempt := _exempt(gate, situation)) is not None:
        return exempt
    if known is None:
        return _not_applicable(gate)
    if known.value is None:
        return _refused(gate, "worth_unknown")
    expected = known.value * known.chance
    answer, why = (_open, "worth_it") if expected >= known.call_cost else (_refused, "not_worth_it")
    return answer(gate, why, expected=expected, call_cost=known.call_cost)


def holdout(situation: Situation, now: datetime) -> Verdict:
    gate = GateCode.HOLDOUT
    if (exempt := _exempt(gate, situation)) is not None:
        return exempt
    return _refused(gate, "held_out") if situation.control else _open(gate, "not_held_out")


def cooldown(situation: Situation, now: datetime) -> Verdict:
    """Refuse while the rule pauses for this customer; over when now − last ≥ length. A requested callback is exempt."""
    gate, known = GateCode.COOLDOWN, situation.cooldown
    if situation.purpose is Purpose.REQUESTED_CALLBACK:
        return _not_applicable(gate, "exempt_requested")
    if known is None:
        return _not_applicable(gate)
    until = known.last + known.length
    answer, why = (_open, "cooldown_over") if now >= until else (_refused, "cooling_down")
    return answer(gate, why, length=str(known.length), until=shown(until))


def expired(situation: Situation, now: datetime) -> Verdict:
    gate, at = GateCode.EXPIRED, situation.expires_at
    if at is None:
        return _not_applicable(gate, "never_expires")
    return _refused(gate, "has_expired", expires=shown(at)) if now >= at else _open(gate, "in_time")


def staffing(situation: Situation, now: datetime) -> Verdict:
    gate, known = GateCode.STAFFING, situation.staffing
    if situation.medium is Medium.SMS:
        return _not_applicable(gate, "exempt_medium", medium=situation.medium.value)
    if known is None:
        return _not_applicable(gate)
    if known.agents_on_duty < 1:
        return _closed(gate, "no_agents")
    full = known.per_agent is not None and known.open_tasks >= known.agents_on_duty * known.per_agent
    figures: dict[str, Figure] = {"agents": known.agents_on_duty, "open_tasks": known.open_tasks}
    if full:
        return _closed(gate, "too_many_waiting", **figures)
    if known.promise is not None and known.forecast_wait is not None and known.forecast_wait > known.promise:
        wait = timedelta(seconds=round(known.forecast_wait.total_seconds()))
        return _closed(gate, "promise_too_early", **figures, length=str(wait), within=str(known.promise))
    return _open(gate, "staffed", **figures)


def kill_switch(situation: Situation, now: datetime) -> Verdict:
    gate = GateCode.KILL_SWITCH
    if not situation.medium.is_voice:
        return _not_applicable(gate, "exempt_medium", medium=situation.medium.value)
    if not situation.switches:
        return _open(gate, "switch_off")
    return _closed(gate, "switch_thrown", scopes=", ".join(sorted(set(situation.switches))))


_BUDGETS = {
    SwitchScope.EVERYTHING: "budget_spent",
    SwitchScope.QUEUE: "budget_spent_queue",
    SwitchScope.RULE: "budget_spent_rule",
}


def budget(situation: Situation, now: datetime) -> Verdict:
    gate = GateCode.BUDGET
    if (exempt := _exempt(gate, situation)) is not None:
        return exempt
    if not situation.budgets:
        return _not_applicable(gate)
    if (used_up := spent_budget(situation, now)) is None:
        return _open(gate, "within_budget")
    kind, until, why = used_up.kind.value, shown(used_up.renews_at), _BUDGETS[used_up.scope]
    return _closed(gate, why, kind=kind, spent=used_up.spent, limit=used_up.limit, until=until)


def spent_budget(situation: Situation, now: datetime) -> Budget | None:
    """Return the used-up budget that is renewed last, None where there is none. Messages cost money but are no calls."""
    counted = (b for b in situation.budgets if b.kind is BudgetKind.MONEY or situation.medium.is_voice)
    used_up = [b for b in counted if b.is_used_up and b.renews_at > now]
    return max(used_up, key=lambda b: b.renews_at, default=None)


def frequency(situation: Situation, now: datetime) -> tuple[Verdict, datetime]:
    """Return the verdict and the instant from which every cap leaves room, which is `now` where all of them do."""
    gate = GateCode.FREQUENCY
    if (exempt := _exempt(gate, situation)) is not None:
        return exempt, now
    if not situation.caps:
        return _not_applicable(gate), now
    if (full := caps.reached(situation, now)) is None:
        return _open(gate, "below_caps"), now
    cap, until = full.cap, shown(full.free_at)
    figures: dict[str, Figure] = {"count": full.count, "limit": cap.limit, "within": str(cap.within), "until": until}
    figures |= caps.narrowed(cap)
    return _closed(gate, caps.sentence_of(cap), **figures), full.free_at


def late_grace(situation: Situation, now: datetime) -> Verdict:
    gate, until = GateCode.LATE_GRACE, situation.not_before
    if until is None:
        return _not_applicable(gate)
    return _closed(gate, "in_grace", until=shown(until)) if now < until else _open(gate, "grace_over")


_HOURS = {
    GateCode.CALLING_HOURS: "calling",
    GateCode.REST: "rest",
    GateCode.BUSINESS_HOURS: "business",
}


def hours(
    gate: GateCode, *, opens: datetime | None, now: datetime, horizon: timedelta, source: Mapping[str, Figure] | None = None
) -> Verdict:
    """Return the verdict of a gate of windows, which next opens at `opens` (None: not within `horizon`).

    `source` says where the windows come from, and is kept with the verdict.
    """
    name, known = _HOURS[gate], source or {}
    if opens is None:
        return _closed(gate, f"{name}_never", horizon=str(horizon), **known)
    if opens > now:
        return _closed(gate, f"{name}_closed", until=shown(min(opens, FOREVER)), **known)
    return _open(gate, f"{name}_open", **known)


def closed_until_told(situation: Situation) -> Verdict:
    """Return the verdict of business hours under an emergency close that has no end: it holds until somebody lifts it."""
    if situation.closed_from is None:
        raise AssertionError("asked about a close there is none of")
    known = {} if situation.calendar is None else situation.calendar._asdict()
    return _closed(GateCode.BUSINESS_HOURS, "business_until_told", since=shown(situation.closed_from), **known)


def unplaced(why: str) -> Verdict:
    """Return the refusal of calling hours for a customer nobody can place."""
    return _refused(GateCode.CALLING_HOURS, why)


def without_hours(gate: GateCode, situation: Situation) -> Verdict:
    """Return the verdict of a gate of windows that are not set, or not asked for this medium."""
    if gate is GateCode.BUSINESS_HOURS and situation.medium is Medium.SMS:
        return _not_applicable(gate, "exempt_medium", medium=situation.medium.value)
    return _not_applicable(gate)
