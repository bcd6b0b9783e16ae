"""The outbox's relay against a real Temporal: in order for each workflow, never lost, whatever is away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlmodel import col, select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from activities.relay import MOST_TRIES, Relay, TemporalAway
from orchestrator.detection.tables import Mode, WatchRow, WatchStatus
from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.temporal import EmbeddedTemporal
from orchestrator.intake.tables import CustomerRow
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import (
    OutboxRow,
    Topic,
    escalation_row,
    escalation_workflow_id,
    post,
    row,
    watch_row,
    watch_workflow_id,
)
from tests.integration.engine import a_namespace, eventually
from tests.integration.workflow_fakes import CLOSED, FakeEscalations, Fakes, working
from workflows.codec import converter

POLL = timedelta(milliseconds=200)
KEYS = (("now", bytes(32)),)


@pytest_asyncio.fixture
async def client(temporal_address: str) -> Client:
    return await Client.connect(temporal_address, namespace=await a_namespace(temporal_address), data_converter=converter(KEYS))


@pytest_asyncio.fixture
async def relay(database: Database, client: Client) -> AsyncIterator[Relay]:
    yield Relay(database, client, poll=POLL)


async def owe(database: Database, *topics: Topic, escalation_id: UUID | None = None) -> UUID:
    """Write one row after the other, each in a transaction of its own."""
    escalation_id = escalation_id or uuid4()
    for topic in topics:
        async with database.transaction() as session:
            await post(session, [escalation_row(topic, escalation_id, at=datetime.now(UTC))])
    return escalation_id


async def owed(database: Database) -> list[OutboxRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(OutboxRow).order_by(col(OutboxRow.seq)))).all())


async def events(client: Client, workflow_id: str) -> list[str]:
    handle: WorkflowHandle[object, object] = client.get_workflow_handle(workflow_id)
    names = [EventType.Name(event.event_type) async for event in handle.fetch_history_events()]
    wanted = ("WORKFLOW_EXECUTION_STARTED", "WORKFLOW_EXECUTION_SIGNALED")
    return [name.removeprefix("EVENT_TYPE_") for name in names if name.removeprefix("EVENT_TYPE_") in wanted]


async def is_known(client: Client, workflow_id: str) -> bool:
    try:
        await client.get_workflow_handle(workflow_id).describe()
    except RPCError:
        return False
    return True


async def test_a_start_and_its_hints_become_one_workflow(database: Database, client: Client, relay: Relay) -> None:
    case = await owe(database, Topic.START_ESCALATION, Topic.HINT_ESCALATION, Topic.HINT_ESCALATION)

    await relay.deliver_all()

    told = await events(client, escalation_workflow_id(case))
    assert told[0] == "WORKFLOW_EXECUTION_STARTED"
    assert "WORKFLOW_EXECUTION_SIGNALED" in told
    assert await owed(database) == []


async def test_a_hint_starts_the_process_that_is_not_there(database: Database, client: Client, relay: Relay) -> None:
    case = await owe(database, Topic.HINT_ESCALATION)

    await relay.deliver_all()

    assert await events(client, escalation_workflow_id(case)) == [
        "WORKFLOW_EXECUTION_STARTED",
        "WORKFLOW_EXECUTION_SIGNALED",
    ]


async def test_a_hint_to_a_process_that_is_over_counts_as_delivered(database: Database, client: Client, relay: Relay) -> None:
    async with working(client, Fakes(FakeEscalations([CLOSED]))):
        case = await owe(database, Topic.START_ESCALATION)
        await relay.deliver_all()
        await client.get_workflow_handle(escalation_workflow_id(case)).result()

    await owe(database, Topic.HINT_ESCALATION, escalation_id=case)
    await relay.deliver_all()

    assert await events(client, escalation_workflow_id(case)) == ["WORKFLOW_EXECUTION_STARTED"]
    assert await owed(database) == []


async def test_a_temporal_that_is_away_costs_time_and_counts_against_nobody(database: Database, tmp_path: Path) -> None:
    server = EmbeddedTemporal(DataFolder(tmp_path))
    address = (await server.start()).address
    client = await Client.connect(address, data_converter=converter(KEYS))
    relay = Relay(database, client, poll=POLL)
    case = await owe(database, Topic.START_ESCALATION)

    await server.kill()
    with pytest.raises(TemporalAway):
        await relay.deliver_all()
    kept = await owed(database)
    await server.start()
    await _make_due(database)
    await eventually(relay.deliver_all)
    started = await is_known(client, escalation_workflow_id(case))
    await server.kill()

    assert [(each.tries, each.set_aside_at) for each in kept] == [(0, None)]
    assert started


async def test_a_row_that_never_fits_is_set_aside_and_blocks_its_own_workflow_only(
    database: Database, client: Client, relay: Relay
) -> None:
    bad = f"escalation-{uuid4()}"
    async with database.transaction() as session:
        now = datetime.now(UTC)
        await post(session, [row(Topic.START_ESCALATION, bad, {"escalation_id": "no id"}, at=now)])
    await _follow_with_a_hint(database, bad)
    good = await owe(database, Topic.START_ESCALATION)

    for _ in range(MOST_TRIES):
        await relay.deliver_all()
        await _make_due(database)

    first, second = await owed(database)
    assert (first.tries, first.set_aside_at is not None, first.error) == (MOST_TRIES, True, "ValidationError")
    assert (second.workflow_id, second.tries) == (bad, 0)
    assert await is_known(client, escalation_workflow_id(good))
    assert not await is_known(client, bad)


async def test_a_watch_is_started_after_everything_else_and_only_while_it_is_open(
    database: Database, client: Client, relay: Relay
) -> None:
    deadline = datetime.now(UTC) + timedelta(hours=1)
    still_open, satisfied = await a_watch(database, WatchStatus.OPEN), await a_watch(database, WatchStatus.SATISFIED)
    async with database.transaction() as session:
        now = datetime.now(UTC)
        rows = [watch_row(Topic.START_WATCH, watch, deadline=deadline, at=now) for watch in (still_open, satisfied)]
        await post(session, rows)
    case = await owe(database, Topic.START_ESCALATION)

    await relay.deliver_all()

    started = await client.get_workflow_handle(watch_workflow_id(still_open)).describe()
    before = await client.get_workflow_handle(escalation_workflow_id(case)).describe()
    assert before.start_time <= started.start_time
    assert not await is_known(client, watch_workflow_id(satisfied))
    assert await owed(database) == []


async def test_two_relays_at_once_deliver_everything_between_them(
    database_url: str, database: Database, client: Client
) -> None:
    other = Database(database_url, pool_size=5)
    cases = [await owe(database, Topic.START_ESCALATION) for _ in range(40)]
    relays = [Relay(database, client, poll=POLL), Relay(other, client, poll=POLL)]

    for _ in range(3):
        await asyncio.gather(*(relay.deliver_all() for relay in relays))
    told = [await events(client, escalation_workflow_id(case)) for case in cases]
    await other.close()

    assert told == [["WORKFLOW_EXECUTION_STARTED"]] * len(cases)
    assert await owed(database) == []


async def test_rows_a_killed_relay_had_taken_are_delivered_by_another(database: Database, client: Client, relay: Relay) -> None:
    case = await owe(database, Topic.START_ESCALATION)
    await relay._take()  # taken, and then its process is gone

    nothing = await relay.deliver_all()
    await _make_due(database)  # the time a relay may take is over
    await relay.deliver_all()

    assert nothing == 0
    assert await is_known(client, escalation_workflow_id(case))


async def test_a_running_relay_hears_of_a_row_as_it_is_committed(database: Database, client: Client) -> None:
    slow = Relay(database, client, poll=timedelta(hours=1))  # only the notification can be what wakes it
    running = asyncio.create_task(slow.run())
    first = await owe(database, Topic.START_ESCALATION)
    await eventually(lambda: is_known(client, escalation_workflow_id(first)))

    case = await owe(database, Topic.START_ESCALATION)
    heard = await eventually(lambda: is_known(client, escalation_workflow_id(case)))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert heard


async def a_watch(database: Database, status: WatchStatus) -> UUID:
    now = datetime.now(UTC)
    customer = CustomerRow(subject=uuid4().hex, created_at=now)
    watch = WatchRow(
        rule="r", version=1, mode=Mode.LIVE, customer_id=customer.id, key="k", status=status, deadline=now, armed=now,
        opened_at=now,
    )  # fmt: skip
    async with database.transaction() as session:
        session.add(customer)
        await session.flush()
        session.add(watch)
    return watch.id


async def _follow_with_a_hint(database: Database, workflow_id: str) -> None:
    async with database.transaction() as session:
        payload = {"escalation_id": "no id"}
        await post(session, [row(Topic.HINT_ESCALATION, workflow_id, payload, at=datetime.now(UTC))])


async def _make_due(database: Database) -> None:
    async with database.transaction() as session:
        for each in (await session.exec(select(OutboxRow))).all():
            each.next_try_at = None
            session.add(each)
