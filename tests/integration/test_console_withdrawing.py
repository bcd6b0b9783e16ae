"""Withdrawing at the console: asked about twice, kept as it was typed, and told to those whom it concerns."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import QueueRow, TaskRow, TaskState
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import MessageRow
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, a_task, reread
from tests.integration.test_desk_domain import noon_somewhere


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database) as browser:
        yield browser


async def a_promised_task(database: Database) -> TaskRow:
    """A task whose customer was told by message that a call comes; it is noon where they are."""
    async with database.transaction() as session:
        if await session.get(QueueRow, "sales") is None:
            await a_queue(session)
        queue = await session.get_one(QueueRow, "sales")
        queue.caller_id = "+14155550100"
        due = timedelta(minutes=30)
        task = await a_task(session, due_in=due, promised=True)
        customer = await session.get_one(CustomerRow, task.customer_id)
        customer.attributes = {**customer.attributes, "zone": noon_somewhere()}
        case = await session.get_one(EscalationRow, task.escalation_id)
        case.has_words, now = True, datetime.now(UTC)
        session.add(
            PromiseRow(
                escalation_id=case.id,
                customer_id=customer.id,
                state=PromiseState.OPEN,
                words="We will call you.",
                medium="sms",
                due_at=now + due,
                written_at=now,
                said_at=now,
            )
        )
    return task


def order_for(*tasks: TaskRow, **fields: str) -> dict[str, object]:
    return {"action": "withdraw", "task": [str(each.id) for each in tasks], "reason": "storm", **fields}


async def causes(database: Database) -> list[str | None]:
    async with database.transaction() as session:
        return list((await session.exec(select(PromiseRow.cause).order_by(col(PromiseRow.written_at)))).all())


async def test_withdrawing_asks_once_more_with_the_tasks_and_the_promises(supervisor: Browser, database: Database) -> None:
    promised = await a_promised_task(database)
    async with database.transaction() as session:
        plain = await a_task(session)

    asked = await supervisor.send("/console/tasks", **order_for(promised, plain, queue="sales"))

    assert asked.status_code == 200
    assert "Withdraw 2 tasks for good?" in asked.text
    assert "1 of these customers was promised a call." in asked.text
    assert set(re.findall('name="task" value="([^"]+)"', asked.text)) == {str(promised.id), str(plain.id)}
    assert ('name="reason" value="storm"' in asked.text, 'name="queue" value="sales"' in asked.text) == (True, True)
    assert (await reread(database, plain.id)).state is TaskState.QUEUED


async def test_going_back_keeps_what_was_chosen_and_typed(supervisor: Browser, database: Database) -> None:
    task = await a_promised_task(database)

    back = await supervisor.send("/console/tasks", **order_for(task, confirmed="no"))

    assert back.status_code == 200
    assert re.search(f'value="{task.id}"[^>]* checked', back.text)
    assert 'value="storm"' in back.text
    assert '<option value="withdraw" selected>' in back.text
    assert (await reread(database, task.id)).state is TaskState.QUEUED


async def test_who_was_promised_a_call_is_told_and_the_supervisor_reads_how_many(
    supervisor: Browser, database: Database
) -> None:
    task = await a_promised_task(database)

    done = await supervisor.send("/console/tasks", **order_for(task, confirmed="yes", tell="yes"))

    assert done.headers["location"] == "/console?done=1&told=1"
    assert "1 customer is told by message" in (await supervisor.open(done.headers["location"])).text
    assert await causes(database) == ["taken_back"]
    async with database.transaction() as session:
        assert (await session.exec(select(MessageRow.template))).all() == ["taken-back"]


async def test_silence_needs_a_reason_and_the_form_stays(supervisor: Browser, database: Database) -> None:
    task = await a_promised_task(database)

    lacking = await supervisor.send("/console/tasks", **order_for(task, confirmed="yes", tell="no"))
    silent = await supervisor.send(
        "/console/tasks", **order_for(task, confirmed="yes", tell="no", untold_because="told by e-mail")
    )

    assert (lacking.status_code, "Say why they are not told" in lacking.text) == (422, True)
    assert re.search('name="tell" value="no" checked', lacking.text)
    assert silent.headers["location"] == "/console?done=1"
    assert await causes(database) == ["taken_back_silently"]


async def test_the_reason_stands_with_the_customer_and_who_gave_it(supervisor: Browser, database: Database) -> None:
    task = await a_promised_task(database)
    await supervisor.send("/console/tasks", **order_for(task, confirmed="yes"))

    shown = (await supervisor.open(f"/console/customers/{task.customer_id}")).text

    assert f"Withdrawn by <bdi>{supervisor.viewer.name}</bdi>" in shown
    assert shown.count('dir="auto">storm</p>') == 2  # with the task, and on the timeline
    assert "Taken back by a supervisor on" in shown
    assert "Taken back by us, and the customer was told" in shown
