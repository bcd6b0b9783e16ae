"""What became of a moment that was recorded: its verdict, the gates, what was done, and how it ended. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from orchestrator.availability.consent import Wishes
from orchestrator.availability.verdicts import GateCode
from orchestrator.detection.splits import Plan
from orchestrator.detection.tables import MomentRow
from orchestrator.detection.verdicts import Verdict
from orchestrator.escalations.outcome import Disposition
from orchestrator.escalations.states import Outcome, PromiseState
from orchestrator.escalations.tables import DecisionRow
from orchestrator.escalations.words import Language
from orchestrator.insights.explain import telling
from orchestrator.insights.explain.case_facts import Done, MomentThen
from orchestrator.insights.explain.of_late import origin, withdrawal
from orchestrator.insights.explain.of_message import of_message
from orchestrator.insights.explain.telling import Reason
from orchestrator.insights.explain.words import Say
from orchestrator.intake.json_text import JsonValue
from orchestrator.telephony.tables import AttemptRow

_SHUT = ("closed", "refused")
_LOOKS = 3  # so many different answers of the gates are told, the last ones
_PLANS = {Plan.A: Say.PLAN_A, Plan.B: Say.PLAN_B}
_ANSWERS = {"go": Say.GATES_OPEN, "wait": Say.GATES_CLOSED, "refuse": Say.GATES_REFUSED}
Attributes = Mapping[str, JsonValue] | None


def of_case(known: MomentThen, attributes: Attributes, beside: Sequence[Reason], at: datetime) -> Iterator[Reason]:
    """Yield what became of a moment, as far as that was so at `at`. `attributes` are the customer's as it was found;
    `beside` is what the customer did meanwhile."""
    moment = known.moment
    verdict = Verdict(moment.verdict)
    yield from origin(known, at)
    if moment.confidence is None:
        yield Reason(Say.CONFIDENCE_UNKNOWN)
    elif moment.confidence != 1:
        yield Reason(Say.CONFIDENCE, {"share": Fraction(str(moment.confidence))})
    if (withdrawn := known.withdrawn_by(at)) is not None:
        yield withdrawal(known, withdrawn)
        return
    yield _verdict(known, verdict, attributes)
    if moment.plan is not None and verdict.is_live:
        yield Reason(_PLANS[moment.plan])
    if verdict is Verdict.SUPPRESSED_WORTH:
        yield from of_message(known, at)
    if known.case is None or not verdict.is_live:
        yield from beside
        return
    yield from _in_order(known.done, beside, at)
    yield _ending(known, at)


def _verdict(known: MomentThen, verdict: Verdict, attributes: Attributes) -> Reason:
    document = known.rule.document
    match verdict:
        case Verdict.ESCALATE:
            return Reason(Say.ESCALATED)
        case Verdict.JOINED if known.case is not None and known.lead is not None:
            titles = {each: known.lead.document.title_in(each) for each in Language}
            return Reason(Say.JOINED, {"since": known.case.opened_at, "title": titles})
        case Verdict.JOINED:
            return Reason(Say.ESCALATED)
        case Verdict.CONTROL:
            return Reason(Say.CONTROL, {"share": document.holdout})
        case Verdict.SUPPRESSED_WORTH:
            return _worth(known.moment)
        case Verdict.SUPPRESSED_COOLDOWN:
            last, length = known.escalated, document.cooldown
            if last is None or length is None:
                return Reason(Say.COOLED_LATELY)
            return Reason(Say.COOLING_DOWN, {"last": last, "length": length, "until": last + length})
        case Verdict.SUPPRESSED_CONSENT:
            return _consent(known, attributes)
        case Verdict.SUPPRESSED_PAUSED:
            return Reason(Say.FOUND_WHILE_PAUSED)


def _worth(moment: MomentRow) -> Reason:
    worth = moment.worth
    if not isinstance(worth, Mapping) or not isinstance(worth.get("value"), int | float):
        return Reason(Say.WORTH_UNKNOWN)
    value, chance = worth["value"], worth["chance"]
    figures = {"value": value, "chance": Fraction(str(chance)), "call_cost": worth["call_cost"]}
    return Reason(Say.NOT_WORTH, {**figures, "expected": round(float(value) * float(chance), 2)})


def _consent(known: MomentThen, attributes: Attributes) -> Reason:
    if attributes is None:
        return Reason(Say.NO_CONSENT)
    wishes, purpose = Wishes.of(attributes), known.rule.document.purpose
    if wishes.do_not_call:
        return Reason(Say.DO_NOT_CALL)
    if wishes.permit(purpose):
        return Reason(Say.NO_CONSENT)
    return Reason(Say.CONSENT_REFUSED if wishes.consent.get(purpose) is False else Say.CONSENT_MISSING, {"purpose": purpose})


def _in_order(done: Done, beside: Sequence[Reason], at: datetime) -> Iterator[Reason]:
    """Yield what was done, by its time; each look of the gates is followed by what they said."""
    told: list[tuple[datetime, list[Reason]]] = [(look.at, list(_look(look))) for look in _different(done)]
    told += [(each.at, [each]) for each in beside if each.at is not None]
    told += [(task.queued_at, [Reason(Say.QUEUED, {"at": task.queued_at})]) for task in done.tasks]
    told += [(each.submitted_at, [_call(each, at)]) for each in done.attempts if each.submitted_at is not None]
    for message in done.messages:
        told.append((message.prepared_at, [Reason(Say.MESSAGE, {"at": message.prepared_at, "result": message.state})]))
    for promise in done.promises:
        assert promise.said_at is not None  # only those that were said are read
        told.append((promise.said_at, [Reason(Say.PROMISED, {"at": promise.said_at, "due": promise.due_at})]))
        if promise.ended_at is not None and promise.ended_at <= at and promise.state is not PromiseState.OPEN:
            told.append((promise.ended_at, [Reason(Say.PROMISE_ENDED, {"at": promise.ended_at, "result": promise.state})]))
    told += [
        (task.ended_at, [Reason(Say.NOTED, {"at": task.ended_at, "result": Disposition(task.disposition)})])
        for task in done.tasks
        if task.ended_at is not None and task.ended_at <= at and task.disposition in set(Disposition)
    ]
    for _, reasons in sorted(told, key=lambda each: each[0]):
        yield from reasons


def _different(done: Done) -> list[DecisionRow]:
    """Return the last looks whose answers differ from the one before them."""
    kept: list[DecisionRow] = []
    for look in done.looks:
        if not kept or (look.answer, look.reasons) != (kept[-1].answer, kept[-1].reasons):
            kept.append(look)
    return kept[-_LOOKS:]


def _look(look: DecisionRow) -> Iterator[Reason]:
    say = _ANSWERS[look.answer]
    if say is Say.GATES_CLOSED and look.until is not None:
        yield Reason(say, {"at": look.at, "until": look.until})
    else:
        yield Reason(say, {"at": look.at})
    shut: list[dict[str, Any]] = [each for each in look.verdicts if each["state"] in _SHUT]
    if say is not Say.GATES_OPEN:
        yield from (Reason(Say.GATE, {"sentence": telling.Verdict(each)}) for each in shut)


def _call(attempt: AttemptRow, at: datetime) -> Reason:
    assert attempt.submitted_at is not None
    began = attempt.submitted_at
    if attempt.ended_at is None or attempt.ended_at > at or attempt.ending is None:
        return Reason(Say.CALLING, {"at": began, "result": attempt.state})
    if attempt.joined_at is not None:
        return Reason(Say.SPOKEN, {"at": began, "span": attempt.ended_at - attempt.joined_at})
    return Reason(Say.CALLED, {"at": began, "result": attempt.ending})


def _ending(known: MomentThen, at: datetime) -> Reason:
    outcome, case = known.outcome_by(at), known.case
    assert case is not None  # only of a moment with a case is its end asked
    if outcome is None or case.closed_at is None:
        return Reason(Say.CASE_OPEN, {"since": case.opened_at, "state": known.state_by(at)})
    figures: dict[str, telling.Figure] = {"at": case.closed_at, "outcome": outcome}
    reasons = [GateCode(each) for each in case.reasons if each in set(GateCode)]
    if outcome in (Outcome.SUPPRESSED, Outcome.EXPIRED) and (own := [each for each in reasons if each is not GateCode.EXPIRED]):
        return Reason(Say.CASE_CLOSED_BECAUSE, {**figures, "reasons": own})
    return Reason(Say.CASE_CLOSED, figures)
