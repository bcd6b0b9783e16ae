"""What became of a moment, in sentences: the gates with their figures, calls, messages, promises and the end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from orchestrator.availability.sentences import sentence
from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.tables import Mode, MomentRow
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.escalations.tables import DecisionRow, EscalationEventRow, EscalationRow, PromiseRow
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.case_facts import Done, MomentThen
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.of_case import of_case
from orchestrator.queueing.tables import TaskKind, TaskRow, TaskState
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Leg, MessageRow, MessageState

RULE = read_rule(
    b"""
rule: complaint
moment: complaint
detect: {occurrence: {on: [{type: complaint.filed}]}}
steps: [{callback: {queue: service}}]
expires: 1d
""",
    name="test",
)
AT = datetime(2026, 6, 7, 10, tzinfo=UTC)
CASE, CUSTOMER = uuid4(), uuid4()


def after(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


LATER = after(60)


def a_look(answer: str, *shut: tuple[str, str, dict[str, Any]], until: datetime | None = None) -> DecisionRow:
    verdicts = [
        {"gate": gate, "state": "closed", "why": why, "figures": figures, "sentence": sentence(why, figures)}
        for gate, why, figures in shut
    ]
    reasons = [gate for gate, _, _ in shut]
    return DecisionRow(
        escalation_id=CASE, customer_id=CUSTOMER, at=after(1), occasion="opened", medium="voice_person", answer=answer,
        until=until, reasons=reasons, verdicts=verdicts, rule="complaint", version=1,
    )  # fmt: skip


def an_attempt(**more: Any) -> AttemptRow:
    known: dict[str, Any] = {"leg": Leg.CUSTOMER, "submitted_at": after(2), "state": AttemptState.ENDED, **more}
    return AttemptRow(**known)


def told(done: Done, *, at: datetime = LATER, language: Language = Language.ENGLISH, **case: Any) -> list[str]:
    row = EscalationRow(id=CASE, customer_id=CUSTOMER, rule="complaint", version=1, opened_at=AT, **case)
    found: dict[str, Any] = {"rule": "complaint", "mode": Mode.LIVE, "key": "ann", "at": AT, "verdict": "escalate"}
    moment = MomentRow(**found)
    reader = Reader(language, ZoneInfo("UTC"), AT.date())
    return [each.read(reader) for each in of_case(MomentThen(moment, RULE, row, RULE, None, done), None, (), at)][1:]


@pytest.mark.parametrize(
    ("gate", "why", "figures", "said"),
    [
        ("business_hours", "business_closed", {"until": "2026-06-07T12:00:00Z"}, "The queue is closed until 12:00:00."),
        (
            "calling_hours",
            "calling_closed",
            {"until": "2026-06-08T07:00:00Z"},
            "It is no allowed hour where the customer is; allowed again from Jun 8, 2026, 07:00:00.",
        ),
        ("staffing", "no_agents", {}, "No agent of the queue is on duty."),
        (
            "staffing",
            "too_many_waiting",
            {"agents": 1, "open_tasks": 4},
            "Too many tasks wait: 4; agents on duty: 1.",
        ),
        ("kill_switch", "switch_thrown", {"scopes": "queue"}, "The kill switch is thrown for: this queue."),
        (
            "frequency",
            "cap_reached",
            {"count": 2, "limit": 2, "within": "1 day, 0:00:00", "until": "2026-06-07T12:00:00Z"},
            "Contacts within 1 day: 2, of 2 allowed; allowed again from 12:00:00.",
        ),
    ],
)
def test_a_wait_names_the_gate_and_its_figures(gate: str, why: str, figures: dict[str, Any], said: str) -> None:
    done = Done(
        looks=[a_look("wait", (gate, why, figures), until=after(120))],
        story=[EscalationEventRow(escalation_id=CASE, at=after(1), what="waiting")],
    )

    assert told(done) == [
        "At 10:01:00 a contact had to wait, until 12:00:00.",
        said,
        "A case was open since 10:00:00: it was waiting for a time at which a call is allowed.",
    ]


def test_a_case_that_ran_out_of_time_says_which_gates_did_not_open() -> None:
    case: dict[str, Any] = {"state": State.CLOSED, "outcome": Outcome.EXPIRED, "closed_at": after(30)}

    said = told(Done(), reasons=["expired", "staffing", "business_hours"], **case)
    hebrew = told(Done(), reasons=["expired", "staffing"], language=Language.HEBREW, **case)

    closed = "The case was closed at 10:30:00: it ran out of time (no agent was free for it, the queue was closed)."
    assert said == [closed]
    assert hebrew == ["הטיפול נסגר ב־10:30:00: הזמן שהוקצב לו עבר (לא היה נציג פנוי לכך)."]


@pytest.mark.parametrize(
    ("ending", "said"),
    [
        (Ending.NO_ANSWER, "At 10:02:00 the customer was called: nobody answered."),
        (Ending.BUSY, "At 10:02:00 the customer was called: the line was busy."),
        (Ending.MACHINE, "At 10:02:00 the customer was called: an answering machine took it."),
    ],
)
def test_each_call_is_told_with_how_it_ended(ending: Ending, said: str) -> None:
    assert said in told(Done(attempts=[an_attempt(ending=ending, ended_at=after(3))]))


def test_a_talk_is_told_with_how_long_it_was_and_what_the_agent_noted() -> None:
    task = TaskRow(
        escalation_id=CASE, customer_id=CUSTOMER, queue="service", kind=TaskKind.CALLBACK, state=TaskState.DONE, step=0,
        priority=50, queued_at=after(1), rank=AT, ended_at=after(6), disposition="solved",
    )  # fmt: skip
    call = an_attempt(ending=Ending.COMPLETED, joined_at=after(2.5), ended_at=after(5))
    case: dict[str, Any] = {"state": State.CLOSED, "outcome": Outcome.SOLVED, "closed_at": after(6)}

    assert told(Done(looks=[a_look("go")], attempts=[call], tasks=[task]), **case) == [
        "At 10:01:00 every gate was open.",
        "At 10:01:00 it was put before the agents.",
        "At 10:02:00 the customer was called, and a person spoke with them for 2 minutes and 30 seconds.",
        "At 10:06:00 the agent noted: solved.",
        "The case was closed at 10:06:00: solved.",
    ]


def test_what_was_not_so_yet_is_not_told() -> None:
    call = an_attempt(ending=Ending.COMPLETED, joined_at=after(2.5), ended_at=after(5), state=AttemptState.CONNECTED)
    case: dict[str, Any] = {"state": State.CLOSED, "outcome": Outcome.SOLVED, "closed_at": after(6)}
    story = [EscalationEventRow(escalation_id=CASE, at=after(2), what="connected")]

    assert told(Done(attempts=[call], story=story), at=after(3), **case) == [
        "At 10:02:00 a call to the customer began: they were speaking.",
        "A case was open since 10:00:00: a person was speaking with the customer.",
    ]


def test_messages_and_promises_are_told_with_what_came_of_them() -> None:
    known: dict[str, Any] = {"prepared_at": after(2), "state": MessageState.DELIVERED}
    message = MessageRow(**known)
    promise = PromiseRow(
        escalation_id=CASE, customer_id=CUSTOMER, words="", medium="sms", said_at=after(3), due_at=after(45),
        written_at=after(3), ended_at=after(40), state=PromiseState.KEPT,
    )  # fmt: skip

    assert told(Done(messages=[message], promises=[promise]))[:-1] == [
        "At 10:02:00 a text message was written: it arrived.",
        "At 10:03:00 the customer was promised a call by 10:45:00.",
        "The promise was kept, at 10:40:00.",
    ]
