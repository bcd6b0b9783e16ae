"""Absence: something started, and what should follow did not, within a time or by a date the event names."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestrator.detection.compiled import Absence, CompiledRule, DueDate
from orchestrator.detection.effects import Effect
from orchestrator.detection.expressions import Failure, Scope, Value
from orchestrator.detection.moments import report_failure, report_moment
from orchestrator.detection.rulebook import Role
from orchestrator.detection.states import CustomerState, Watch
from orchestrator.intake.timestamps import parse_time

_LATEST = datetime.max.replace(tzinfo=UTC)
_NOT_A_DATE = "The value is neither a date, nor a date-time with an offset, nor a timestamp."


def step(
    rule: CompiledRule,
    absence: Absence,
    customer: CustomerState,
    key: str,
    role: Role,
    scope: Scope,
    effects: list[Effect],
) -> bool:
    """Hold one matching event against the key's watch; say whether the watch opened, moved or closed."""
    own = (rule.name, key)
    watch = customer.watches.get(own)
    if role is Role.UNTIL:
        return customer.watches.pop(own, None) is not None
    if watch is None and role is Role.TOUCH:
        return False
    if absence.due is not None:
        return _step_by_date(rule, absence.due, customer, key, scope, effects)
    assert absence.within is not None  # a compiled absence has exactly one of the two
    _open_or_move(rule, customer, key, _later(scope.event.time, absence.within), scope)
    return True


def expire(
    rule: CompiledRule, customer: CustomerState, key: str, watch: Watch, deadline: datetime, effects: list[Effect]
) -> None:
    """The deadline passed with the watch still open: the moment is at the deadline, and the watch is gone."""
    del customer.watches[(rule.name, key)]
    scope = Scope(watch.last_event(customer.id), customer.attributes, now=deadline)
    report_moment(rule, customer.id, key, scope, tuple(watch.evidence), effects)


def _step_by_date(
    rule: CompiledRule, due: DueDate, customer: CustomerState, key: str, scope: Scope, effects: list[Effect]
) -> bool:
    deadline = _deadline(due, scope)
    if isinstance(deadline, Failure):
        report_failure(rule, "detect.absence.due.at", scope, deadline, effects)
        return False
    if deadline > scope.event.time:
        _open_or_move(rule, customer, key, deadline, scope)
        return True
    watch = customer.watches.pop((rule.name, key), None)
    evidence = (*(watch.evidence if watch is not None else ()), scope.event.position)
    report_moment(rule, customer.id, key, scope, evidence, effects)
    return watch is not None


def _open_or_move(rule: CompiledRule, customer: CustomerState, key: str, deadline: datetime, scope: Scope) -> None:
    event, keep = scope.event, rule.keeps_last_event
    watch = customer.watches.get((rule.name, key))
    if watch is None:
        customer.watches[(rule.name, key)] = Watch(deadline, [event.position], event if keep else None)
    else:
        watch.move(deadline, event, keep=keep)


def _later(at: datetime, within: timedelta) -> datetime:
    return _LATEST if _LATEST - at < within else at + within


def _deadline(due: DueDate, scope: Scope) -> datetime | Failure:
    value = due.at.evaluate(scope)
    if isinstance(value, Failure):
        return value
    try:
        at = _instant(value, due.zone)
        return Failure(_NOT_A_DATE) if at is None else at - due.before
    except OverflowError:
        return Failure("The date lies outside the years 1 to 9999.")


def _instant(value: Value, zone: ZoneInfo) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if not isinstance(value, str):
        return None
    if len(value) != 10:
        return parse_time(value)
    day = _day(value)
    # Where clocks skip midnight, its wall time is read with the offset before: that is the first instant after it.
    return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.isoformat() == text else None  # weeks and ordinal days are ISO 8601 too, but no bare date
