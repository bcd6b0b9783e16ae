"""The guarantees, each on a deployment of real processes, and the audit of all that this module's cases left behind."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlmodel import col, func, select

from orchestrator.availability.hours_book import default_book
from orchestrator.escalations.states import Outcome, PromiseState, State
from orchestrator.identity.tables import Scope
from orchestrator.identity.tokens import issue
from orchestrator.insights.audit import audit
from orchestrator.intake.tables import EventRow
from orchestrator.queueing.roster import revoke_agent
from orchestrator.telephony.tables import Leg
from tests.integration.faults.case import CALL, LONG, Case, a_case, all_of
from tests.integration.faults.floor import Floor, event
from tests.integration.telephony_stage import a_phone

SETTINGS = {"ring_timeout": "500s", "lease": "10s"}
MANY = 100


def where_it_is_night() -> str:
    """Return a zone in which it is about three in the morning: nobody may be called there."""
    ahead = (3 - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}"


async def by_hundreds(floor: Floor, events: list[dict[str, Any]]) -> Counter[str]:
    """Report each event in a request of its own, all at once; return the verdicts."""
    headers = {"Authorization": f"Bearer {floor.channel_key}", "Content-Type": "application/cloudevents+json"}
    base = str(floor.http.base_url)
    async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=60) as http:
        answers = await asyncio.gather(*(http.post("/v1/events", json=each, headers=headers) for each in events))
    return Counter(answer.json()["events"][0]["verdict"] for answer in answers)


async def test_guarantee_1_an_accepted_event_is_never_lost(floor: Floor) -> None:
    case = await a_case(floor)
    asked = event(f"{case.name}.asked", case.subject)

    await asyncio.gather(floor.worker.kill(), floor.temporal.kill())
    verdicts = await by_hundreds(floor, [asked] * MANY)
    await floor.temporal.start()
    await floor.worker.start()

    await all_of([case], Case.called, Case.wrapped, Case.closed)
    async with floor.database.transaction() as session:
        stored = await session.exec(select(func.count()).where(EventRow.source == asked["source"], EventRow.id == asked["id"]))
        assert stored.one() == 1
    assert verdicts == {"accepted": 1, "duplicate": MANY - 1}
    assert len(await case.escalations()) == 1


async def test_guarantee_2_one_customer_has_one_open_escalation(floor: Floor) -> None:
    case = await a_case(floor)
    instants = [datetime.now(UTC) - timedelta(milliseconds=number) for number in range(MANY)]  # a moment has one of its own
    asked = [event(f"{case.name}.asked", case.subject) | {"time": instant.isoformat()} for instant in instants]

    verdicts = await by_hundreds(floor, asked)

    await all_of([case], Case.called, Case.wrapped, Case.closed)
    assert verdicts == {"accepted": MANY}
    assert Counter(moment.verdict for moment in await case.moments()) == {"escalate": 1, "joined": MANY - 1}
    assert len(await case.escalations()) == 1
    assert len(await floor.rings(case.phone)) == 1


async def test_guarantee_4_nobody_is_called_who_no_longer_needs_it(floor: Floor) -> None:
    waiting = await a_case(floor, zone=where_it_is_night())
    offered, accepted, ringing, first = [await a_case(floor) for _ in range(3)] + [await a_case(floor, step=CALL)]
    await ringing.phones(agent={**LONG, "answer_after": 400})
    await first.phones(customer={**LONG, "answer_after": 400})
    cases = [waiting, offered, accepted, ringing, first]
    await all_of(cases, Case.ask)
    await waiting.in_state(State.WAITING)
    await offered.offered()
    await accepted.accepted()
    await ringing.called()
    await ringing.leg_is(Leg.AGENT, "ringing")
    await first.leg_is(Leg.CUSTOMER, "ringing")

    await all_of(cases, Case.settle_alone)

    for case in cases:
        row = await case.closed()
        assert row.outcome is Outcome.RESOLVED_BY_CUSTOMER
        assert await case.desk.task() is None
        assert {task.state for task in await case.tasks()} <= {"withdrawn"}
    await ringing.leg_is(Leg.AGENT, "ended")
    ended = await first.leg_is(Leg.CUSTOMER, "ended")
    assert [await floor.rings(case.phone) for case in (waiting, offered, accepted, ringing)] == [[]] * 4
    assert [ring["ending"] for ring in await floor.rings(first.phone)] == ["canceled"]
    assert ended.joined_at is None


async def test_guarantee_5_a_promise_survives_a_killed_worker_and_an_agent_who_leaves(floor: Floor) -> None:
    case = await a_case(floor)
    await case.ask()
    await case.accepted()
    (written,) = await case.promises()

    await floor.worker.kill()
    async with floor.database.transaction() as session:
        await revoke_agent(session, f"{case.name}-en", who="test", now=await floor.database.clock.now(session))
    await floor.worker.start()
    case.desk = await floor.desk(case.name, a_phone(), name="successor")
    await case.desk.arrive()
    await case.called()
    await case.wrapped()

    await case.closed()
    (kept,) = await case.promises()
    assert kept.state is PromiseState.KEPT
    assert (kept.words, kept.due_at) == (written.words, written.due_at)


async def test_guarantee_6_nobody_is_called_at_night_not_even_who_moved_there_meanwhile(floor: Floor) -> None:
    asleep, moving = await a_case(floor, zone=where_it_is_night()), await a_case(floor)
    await moving.phones(agent=LONG)
    await all_of([asleep, moving], Case.ask)
    await moving.called()
    await moving.leg_is(Leg.AGENT, "ringing")

    await floor.report(event("customer.updated", moving.subject, zone=where_it_is_night()))

    for case in (asleep, moving):
        row = await case.in_state(State.WAITING)
        assert "calling_hours" in row.reasons
        assert row.wait_until is not None
        assert row.wait_until > datetime.now(UTC) + timedelta(hours=2)
        assert await floor.rings(case.phone) == []
    await moving.leg_is(Leg.AGENT, "ended")
    await all_of([asleep, moving], Case.settle_alone, Case.closed)


async def test_guarantee_7_every_ending_can_be_explained(floor: Floor) -> None:
    solved, unwanted, asleep = (
        await a_case(floor),
        await a_case(floor, do_not_call=True),
        await a_case(floor, zone=where_it_is_night(), expires="1h"),
    )
    await all_of([solved, unwanted, asleep], Case.ask)
    await all_of([solved], Case.called, Case.wrapped)
    rows = [await case.closed() for case in (solved, unwanted, asleep)]
    async with floor.database.transaction() as session:
        now = await floor.database.clock.now(session)
        token = await issue(session, name=f"somebody-{uuid4().hex}", scope=Scope.SUPERVISOR, who="test", now=now)

    stories = [await told(floor, token, row.id) for row in rows]

    assert [story["outcome"] for story in stories] == ["solved", "suppressed", "expired"]
    assert [story["reasons"] for story in stories] == [[], ["consent"], ["calling_hours", "expired"]]
    assert [decision["occasion"] for decision in stories[0]["decisions"]] == ["opened", "call", "prepare"]
    verdicts = [verdict for story in stories for decision in story["decisions"] for verdict in decision["verdicts"]]
    assert all(verdict["gate"] and verdict["sentence"] for verdict in verdicts)
    assert all(story["moments"][0]["evidence"] for story in stories)


async def told(floor: Floor, token: str, escalation_id: UUID) -> dict[str, Any]:
    answer = await floor.http.get(f"/v1/escalations/{escalation_id}", headers={"Authorization": f"Bearer {token}"})
    story: dict[str, Any] = answer.raise_for_status().json()
    return story


async def test_all_of_it_passes_the_audit(floor: Floor) -> None:
    ledger = await asyncio.to_thread(floor.sim.ledger)

    async with floor.database.transaction() as session:
        known = (await session.exec(select(EventRow.source, EventRow.id).order_by(col(EventRow.id)))).all()
        findings = await audit(session, ledger=ledger, accepted=list(known), book=default_book(), at_rest=True)

    assert findings.violations == {}
    assert findings.escalations["solved"] >= 4
