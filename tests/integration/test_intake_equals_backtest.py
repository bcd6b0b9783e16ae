"""However events arrive, the moments at rest are those that the back-test finds in the same events."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from orchestrator.detection.backtest import run_backtest
from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.intake.store import accepted_events
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.database import Database
from tests.integration.intake_world import World, ago, an_event, as_event

RULES = (
    """
rule: cart
moment: cart
detect:
  absence: {start: [{type: a}], touch: [{type: t}], until: [{type: u}], within: 20m, key: event.data.k}
steps: [{message: {template: x}}]
expires: 24h
resolve: [{type: r}]
cooldown: 1h
""",
    """
rule: silent
moment: silent
detect: {absence: {start: [{type: a, where: "has(customer.v) && customer.v > 1"}, {type: s}], until: [{type: u}], within: 10m}}
steps: [{message: {template: x}}]
expires: 2h
purpose: requested_callback
""",
    """
rule: due
moment: due
detect: {absence: {start: [{type: d}], until: [{type: u}], due: {at: event.data.at}, key: event.data.k}}
steps: [{message: {template: x}}]
expires: 24h
""",
    """
rule: effort
moment: effort
detect: {score: {events: [{type: s, weight: double(event.data.w)}, {type: t}], until: [{type: r}], within: 45m, threshold: 3}}
steps: [{message: {template: x}}]
expires: 24h
""",
    """
rule: once
moment: once
purpose: marketing
detect: {occurrence: {on: [{type: o, where: "customer.v == 2"}], key: event.data.k}}
steps: [{message: {template: x}}]
expires: 24h
""",
    """
rule: cheap
moment: cheap
detect: {occurrence: {on: [{type: s}], key: event.data.k}}
worth: {value: double(event.data.w), chance: 0.5, call_cost: 1}
steps: [{message: {template: x}}]
expires: 2h
resolve: [{type: u}]
cooldown: 20m
""",
)
SUBJECTS = ("ann", "bob", "device")


@st.composite
def journeys(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some events of a few hours, of few customers and keys, so that they meet."""
    start, length = 300, draw(st.integers(3, 14))
    return [_drawn(draw, start, index) for index in range(length)]


def _drawn(draw: st.DrawFn, start: int, index: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["a", "a", "t", "u", "d", "s", "s", "o", "r", "contact.inbound", "v", "i"]))
    # Whole and half minutes, so that instants and deadlines coincide often.
    minute = draw(st.integers(0, 240)) / 2
    subject = draw(st.sampled_from(SUBJECTS))
    event = {"id": f"e{index}", "source": draw(st.sampled_from(["/x", "/y"])), "subject": subject, "minute": start - minute}
    if kind == "v":
        return event | {"type": "customer.updated", "data": {"v": draw(st.sampled_from([1, 2, None]))}}
    if kind == "i":
        return event | {"type": "customer.identified", "data": {"anonymous_id": draw(st.sampled_from(SUBJECTS))}}
    data = {
        "k": draw(st.sampled_from(["k1", "k2"])),
        "w": draw(st.sampled_from([1, 2, -1, 0.5])),
        "due": draw(st.integers(-60, 90)),
    }
    return event | {"type": kind, "data": data}


def _placed(drawn: Sequence[dict[str, Any]], mark: str, now: datetime) -> list[dict[str, Any]]:
    """Give the drawn events their times, and names of this example's own."""
    events = []
    for each in drawn:
        at = now - timedelta(minutes=each["minute"])
        data = dict(each["data"])
        if "due" in data:
            data["at"] = (at + timedelta(minutes=data.pop("due"))).isoformat()
        if "anonymous_id" in data:
            data["anonymous_id"] += mark
        attributes = {"id": each["id"] + mark, "source": each["source"], "at": at, "data": data}
        events.append(an_event(each["type"], each["subject"] + mark, **attributes))
    return events


@pytest.fixture
async def world(database: Database) -> World:
    world = World.on(database)
    await world.publish(*RULES)
    return world


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=journeys(), seed=st.integers(0, 2**32))
async def test_shuffled_batches_lead_to_the_back_tests_moments(world: World, drawn: list[dict[str, Any]], seed: int) -> None:
    mark, random, now = f"-{uuid4().hex}", Random(seed), ago(seconds=0).replace(second=0, microsecond=0)
    events = _placed(drawn, mark, now)
    expected = run_backtest(Rulebook(read_rule(rule.encode(), name="test") for rule in RULES), map(as_event, events), until=now)

    await _send_shuffled(world, events, random)

    assert await _found(world, mark) == {(each.rule, each.customer, each.key, each.at) for each in expected.moments}


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=journeys())
async def test_what_comes_in_order_is_judged_as_in_the_back_test(world: World, drawn: list[dict[str, Any]]) -> None:
    mark, now = f"-{uuid4().hex}", ago(seconds=0).replace(second=0, microsecond=0)
    events = sorted(_placed(drawn, mark, now), key=lambda each: as_event(each).position)
    rules = [read_rule(rule.encode(), name="test") for rule in RULES]
    expected = run_backtest(Rulebook(rules), map(as_event, events), until=now)

    await world.send(*events)

    customers = {row.id: row.subject for row in await world.rows(select(CustomerRow)) if row.subject.endswith(mark)}
    rows = await world.rows(select(MomentRow).where(col(MomentRow.customer_id).in_(customers)))
    found = {(row.rule, customers[row.customer_id], row.key, row.at): row.verdict for row in rows}
    assert found == {(each.rule, each.customer, each.key, each.at): each.verdict.value for each in expected.moments}


async def _send_shuffled(world: World, events: list[dict[str, Any]], random: Random) -> None:
    """Send all events in a random order, in random batches, some of them twice."""
    sent = events + random.sample(events, k=len(events) // 3)
    random.shuffle(sent)
    while sent:
        size = random.randint(1, 4)
        batch, sent = sent[:size], sent[size:]
        await world.send(*batch)


async def _found(world: World, mark: str) -> set[tuple[str, str, str, datetime]]:
    """Return (rule, customer, key, at) of this example's moments that were not withdrawn."""
    customers = {row.id: row.subject for row in await world.rows(select(CustomerRow)) if row.subject.endswith(mark)}
    query = select(MomentRow).where(MomentRow.status != MomentStatus.WITHDRAWN, col(MomentRow.customer_id).in_(customers))
    return {(row.rule, customers[row.customer_id], row.key, row.at) for row in await world.rows(query)}


async def test_the_database_gives_its_events_back_as_they_came(world: World) -> None:
    events = [
        an_event("a", at=ago(minutes=9), k="x", n=1.5, t=None),
        an_event("o", at=ago(minutes=8), data=[1, "ש", {"x": True}]),
    ]
    await world.send(*events)

    async with world.database.transaction() as session:
        stored = [event async for event in accepted_events(session)]

    assert stored == [as_event(event) for event in events]
