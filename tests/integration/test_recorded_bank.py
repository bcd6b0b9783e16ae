"""A bank's real day: everyone who hung up waiting is owed a call, until they get through themselves."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import text

from orchestrator.availability.hours_book import default_book
from orchestrator.embedded.demo.agents import Badge, SimulatedAgent
from orchestrator.embedded.demo.hours import hours_for, may_be_called
from orchestrator.insights import audit
from orchestrator.queueing.roster import add_agent
from tests.integration.faults.floor import Floor, a_floor, eventually
from tests.integration.simulated_carrier import Carrier
from tests.recorded import bank
from tests.recorded.material import recorded

RULE = """
rule: hung-up
title: {en: Hung up while waiting, he: ניתק בהמתנה}
moment: hung_up
purpose: requested_callback
detect: {occurrence: {on: [{type: queue.abandoned}]}}
steps: [{callback: {queue: bank, due: 3h, tell: sms, script: callback}}]
expires: 30d
"""
pytestmark = pytest.mark.deployment

DAY, BUSY_DAY = date(1999, 2, 10), date(1999, 2, 3)
DECIDED = text("SELECT occasion, answer, reasons, count(*) FROM decisions GROUP BY 1, 2, 3")
BATCH = 200
AGENTS = 6

OF_CUSTOMERS = text("""
SELECT c.subject, count(DISTINCT e.id), count(m.id) FILTER (WHERE m.verdict = 'joined'),
       count(DISTINCT e.id) FILTER (WHERE e.outcome = 'resolved_by_customer'),
       count(DISTINCT e.id) FILTER (WHERE e.state <> 'closed')
FROM customers c JOIN escalations e ON e.customer_id = c.id JOIN moments m ON m.escalation_id = e.id
GROUP BY c.subject
""")


@pytest_asyncio.fixture
async def floor(tmp_path: Path, database_url: str, carrier: Carrier) -> AsyncIterator[Floor]:
    async with a_floor(tmp_path, database_url, carrier) as floor:
        yield floor


def a_zone_to_call_now() -> str:
    return hours_for(datetime.now(UTC), allowed=may_be_called).home


async def send_in_batches(floor: Floor, events: Sequence[dict[str, Any]]) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    for start in range(0, len(events), BATCH):
        verdicts.update(answer["verdict"] for answer in await floor.report(*events[start : start + BATCH]))
    return verdicts


async def what_became(floor: Floor) -> dict[str, tuple[int, int, int, int]]:
    """Return, by subject, how many escalations opened, hang-ups joined, were withdrawn, and are open."""
    async with floor.database.transaction() as session:
        connection = await session.connection()
        return {row[0]: tuple(row[1:]) for row in await connection.execute(OF_CUSTOMERS)}


def expected(reading: bank.Reading) -> dict[str, tuple[int, int, int, int]]:
    out: dict[str, tuple[int, int, int, int]] = defaultdict(tuple)  # type: ignore[arg-type]
    for customer, opened in reading.opened.items():
        withdrawn = reading.withdrawn.get(customer, 0)
        out[f"bank-{customer}"] = (opened, reading.joined.get(customer, 0), withdrawn, opened - withdrawn)
    return dict(out)


def make_phones(floor: Floor, customers: set[str]) -> None:
    """Everyone answers, and talks for ten seconds of theirs."""
    floor.sim.control.put("/_sim/config", json={"speed": 20})
    for customer in customers:
        script = {"behaviour": "answer", "answer_after": 2, "talk": 10}
        floor.sim.control.put(f"/_sim/phones/{bank.phone_of(customer)}", json=script)


async def work_off(floor: Floor) -> Counter[str]:
    did: Counter[str] = Counter()
    async with floor.database.transaction() as session:
        now = await floor.database.clock.now(session)
        names = [f"teller-{number}" for number in range(AGENTS)]
        phones = [f"+1202555{200 + number:04}" for number in range(AGENTS)]
        badges = [
            Badge(name, await add_agent(session, name, queues=["bank"], languages=["en"], phone=phone, who="test", now=now))
            for name, phone in zip(names, phones, strict=True)
        ]
    agents = [asyncio.create_task(SimulatedAgent(floor.http, badge, seed=1, did=did).work()) for badge in badges]
    await eventually(lambda: still_open(floor), lambda seen: seen == 0, story=lambda: the_story(floor, did))
    for agent in agents:
        agent.cancel()
        with suppress(asyncio.CancelledError):
            await agent
    return did


async def the_story(floor: Floor, did: Counter[str]) -> str:
    """Say where the cases stand, for a test that waits in vain."""
    async with floor.database.transaction() as session:
        connection = await session.connection()
        tasks = (await connection.execute(text("SELECT state, end_reason, count(*) FROM tasks GROUP BY 1, 2"))).all()
        legs = (await connection.execute(text("SELECT leg, state, ending, count(*) FROM attempts GROUP BY 1, 2, 3"))).all()
        gates = (
            await connection.execute(text("SELECT occasion, answer, reasons, count(*) FROM decisions GROUP BY 1, 2, 3"))
        ).all()
        told = (await connection.execute(text("SELECT what, count(*) FROM escalation_events GROUP BY 1"))).all()
    return f"agents: {did}\ntasks: {tasks}\nlegs: {legs}\ngates: {gates}\ntold: {told}"


async def still_open(floor: Floor) -> int:
    async with floor.database.transaction() as session:
        return await audit.count(session, audit.OPEN_ESCALATIONS)


@recorded
async def test_a_day_of_calls_ends_as_a_plain_reading_says_and_agents_work_the_rest_off(floor: Floor) -> None:
    day = bank.waited_or_served(bank.calls_of(DAY))
    known = bank.identified(day)
    calls = sorted(bank.named(bank.known_or_served(day)), key=lambda call: (call.at, call.call_id))
    ending = datetime.now(UTC).replace(microsecond=0)
    people = bank.people(known, ending - timedelta(hours=20), zone=a_zone_to_call_now())
    await asyncio.to_thread(make_phones, floor, {call.customer for call in known})
    await floor.publish(RULE)

    verdicts = await send_in_batches(floor, [*people, *bank.events(calls, ending=ending)])
    became = await what_became(floor)
    did = await work_off(floor)

    assert verdicts == {"accepted": len(people) + len(calls)}
    assert became == expected(bank.plain_reading(calls))
    assert did["accepted"] >= len(bank.plain_reading(calls).left_open)
    async with floor.database.transaction() as session:
        ledger = await asyncio.to_thread(floor.sim.ledger)
        found = await audit.audit(session, ledger=ledger, accepted=[], book=default_book())
    assert found.violations == {}


@recorded
async def test_five_times_the_usual_calls_at_once_are_all_taken_and_counted_right(floor: Floor) -> None:
    """Whoever hung up counts here, also before they had to wait."""
    hour = datetime(1999, 2, 3, 13, tzinfo=ZoneInfo("Asia/Jerusalem")).astimezone(UTC)
    calls = bank.named(call for call in bank.calls_of(BUSY_DAY) if hour <= call.called < hour + timedelta(hours=1))
    events = bank.events(calls, ending=datetime.now(UTC).replace(microsecond=0))
    await floor.publish(RULE)

    answers = await asyncio.gather(*(floor.report(event) for event in events))

    reading = bank.plain_reading(calls)
    became = await what_became(floor)
    assert len(calls) == 494
    assert Counter(answer["verdict"] for (answer,) in answers) == {"accepted": len(calls)}
    assert sum(is_open for *_, is_open in became.values()) == len(reading.left_open)
    async with floor.database.transaction() as session:
        assert await audit.tally(session, audit.MOMENTS) == {"hung_up": sum(call.hung_up for call in calls)}
