"""May this customer be contacted now, and if not, when? One answer from all gates. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from orchestrator.availability import gates
from orchestrator.availability.agreement import HORIZON, Agreed, NeverAgreed, agree
from orchestrator.availability.intervals import utc
from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Situation, Unplaced
from orchestrator.availability.verdicts import Decision, Figure, GateCode, GateState, Go, Refuse, Verdict, Wait, shown
from orchestrator.availability.windows import Difference, Windows, earliest, starting

_FIXED = (
    gates.still_needed,
    gates.consent,
    gates.do_not_call,
    gates.worth,
    gates.holdout,
    gates.cooldown,
    gates.expired,
)
# Who lifts an emergency close tells all that wait for it, so this is only for when the word does not arrive.
UNTIL_TOLD = timedelta(minutes=15)
_HOLDING = (gates.staffing, gates.budget, gates.kill_switch)


def decide(situation: Situation, now: datetime) -> Decision:
    """Return `Go`, `Wait` or `Refuse`, each with the verdict of every gate. `now` is aware. Raises `NaiveTime`.

    Whatever refuses, refuses at once. Else the contact waits for the earliest instant at which all time gates are open
    (`agreement.agree`), then for whatever else holds it: until the budget is renewed, for `situation.recheck` while nobody
    is on duty or a kill switch is thrown, for `UNTIL_TOLD` while an emergency close has no end, and never beyond the expiry.
    """
    now = utc(now)
    fixed = [gate(situation, now) for gate in _FIXED]
    timed, windows = _timed(situation, now)
    holding = [gate(situation, now) for gate in _HOLDING]
    verdicts = (*fixed, *timed, *holding)
    if refused := _codes(verdicts, GateState.REFUSED):
        return Refuse(refused, verdicts)
    match agree(windows, now=now, expires=situation.expires_at):
        case NeverAgreed() as never:
            return _never(never, situation, verdicts)
        case Agreed(at=at):
            return _when(at, situation, now, verdicts)


def time_windows(situation: Situation, now: datetime) -> dict[GateCode, Windows]:
    """Return when each time gate is open that applies to this contact. `now` is aware. Raises `NaiveTime`."""
    windows = _timed(situation, utc(now))[1]
    if situation.closed_from is not None and GateCode.BUSINESS_HOURS in windows:
        windows[GateCode.BUSINESS_HOURS] = Difference(windows[GateCode.BUSINESS_HOURS], starting(situation.closed_from))
    return windows


def _timed(situation: Situation, now: datetime) -> tuple[list[Verdict], dict[GateCode, Windows]]:
    """Return the time gates' verdicts, and the windows of those that apply."""
    often, free_at = gates.frequency(situation, now)
    verdicts, windows = [often, gates.late_grace(situation, now)], _hours(situation)
    for gate in (GateCode.CALLING_HOURS, GateCode.REST, GateCode.BUSINESS_HOURS):
        if gate in windows:
            opens = now if windows[gate].open_at(now) else earliest([windows[gate]], after=now, before=now + HORIZON)
            if gate is GateCode.BUSINESS_HOURS and _is_closed_by(opens, situation):
                verdicts.append(gates.closed_until_told(situation))
            else:
                verdicts.append(gates.hours(gate, opens=opens, now=now, horizon=HORIZON, source=_source(gate, situation)))
        elif gate is GateCode.CALLING_HOURS and isinstance(situation.calling, Unplaced):
            verdicts.append(gates.unplaced(situation.calling.why))
        else:
            verdicts.append(gates.without_hours(gate, situation))
    if free_at > now:
        windows[GateCode.FREQUENCY] = starting(free_at)
    if situation.not_before is not None and situation.not_before > now:
        windows[GateCode.LATE_GRACE] = starting(situation.not_before)
    return verdicts, windows


def _is_closed_by(opens: datetime | None, situation: Situation) -> bool:
    """Tell whether an emergency close without an end has begun by the time the queue would open at."""
    return opens is not None and situation.closed_from is not None and situation.closed_from <= opens


def _source(gate: GateCode, situation: Situation) -> Mapping[str, Figure]:
    """Return what a recorded decision says of where a gate's windows came from."""
    if gate is GateCode.CALLING_HOURS:
        return situation.calling_from
    if gate is GateCode.REST:
        return situation.rest_from
    return situation.calendar._asdict() if gate is GateCode.BUSINESS_HOURS and situation.calendar is not None else {}


def _hours(situation: Situation) -> dict[GateCode, Windows]:
    needs_agent = situation.medium is not Medium.SMS
    known = {
        GateCode.CALLING_HOURS: None if isinstance(situation.calling, Unplaced) else situation.calling,
        GateCode.REST: situation.rest,
        GateCode.BUSINESS_HOURS: situation.business if needs_agent else None,
    }
    return {gate: windows for gate, windows in known.items() if windows is not None}


def _never(never: NeverAgreed, situation: Situation, verdicts: tuple[Verdict, ...]) -> Refuse:
    """Refuse for good. Without an expiry the 400 days stand in for one, so the reason is `expired` either way."""
    expires = situation.expires_at
    if expires is not None:
        last = Verdict(GateCode.EXPIRED, GateState.REFUSED, "expires_first", {"expires": shown(expires)})
    else:
        last = Verdict(GateCode.EXPIRED, GateState.REFUSED, "never_agree", {"horizon": str(HORIZON)})
    kept = tuple(verdict for verdict in verdicts if verdict.gate is not GateCode.EXPIRED)
    return Refuse(tuple(sorted({*never.gates, GateCode.EXPIRED})), (*kept, last))


def _when(at: datetime, situation: Situation, now: datetime, verdicts: tuple[Verdict, ...]) -> Decision:
    closed = _codes(verdicts, GateState.CLOSED)
    if not closed:
        return Go(verdicts)
    until = at
    if GateCode.BUDGET in closed and (used_up := gates.spent_budget(situation, now)) is not None:
        until = max(until, used_up.renews_at)
    if until <= now and closed == (GateCode.BUSINESS_HOURS,):
        until = now + max(situation.recheck, UNTIL_TOLD)
    elif until <= now:
        until = now + max(situation.recheck, timedelta(seconds=1))
    return Wait(until if situation.expires_at is None else min(until, situation.expires_at), closed, verdicts)


def _codes(verdicts: tuple[Verdict, ...], state: GateState) -> tuple[GateCode, ...]:
    return tuple(sorted(verdict.gate for verdict in verdicts if verdict.state is state))
