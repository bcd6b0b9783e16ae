"""The console's page of the floor: what it shows, who may open it, what it does to tasks and to calls, and its stream."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from api.pages.console.now import Lens
from api.pages.console.stream import ConsoleWatcher
from api.pages.people import COOKIE
from orchestrator.availability.tables import SwitchRow
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import EscalationRow
from orchestrator.identity.people import Role
from orchestrator.identity.sessions import end_all
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.tables import Presence, TaskState
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, a_task, an_agent, reread


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database) as browser:
        yield browser


def a_lens(database: Database) -> Lens:
    return Lens(database.clock, "en")


async def changes(database: Database) -> list[tuple[str, str]]:
    async with database.transaction() as session:
        rows = (await session.exec(select(ChangeRow).order_by(ChangeRow.id))).all()  # type: ignore[arg-type]
    return [(row.what, row.who) for row in rows if not row.what.startswith("person.")]


async def test_the_floor_is_shown_with_its_tasks(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session, "dana")
        task = await a_task(session, due_in=timedelta(minutes=-1), promised=True)

    shown = await supervisor.open("/console")

    assert shown.status_code == 200
    for text in (
        "Waiting",
        "sales",
        "dana",
        "Noa Levi",
        "Checkout left unfinished",
        f'value="{task.id}"',
        "Promised",
        "+1 415-555-0123",
    ):
        assert text in shown.text


async def test_an_empty_place_says_so(supervisor: Browser) -> None:
    shown = await supervisor.open("/console")

    assert "No tasks here" in shown.text
    assert "There are no queues yet" in shown.text
    assert 'href="/console/settings/queues">Add a queue<' in shown.text
    assert 'href="/console/settings/agents">Add an agent<' in shown.text


async def test_who_may_not_add_is_not_sent_to_where_it_is_done(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = (await browser.open("/console")).text

    assert ("There are no queues yet" in shown, "Add a queue" in shown, "Add an agent" in shown) == (True, False, False)


async def test_why_an_agent_pauses_is_said_in_words(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, "dana")
        agent.presence, agent.pause_code = Presence.PAUSED, "desk_work"
        session.add(agent)

    shown = (await supervisor.open("/console")).text

    assert ("Work at the desk" in shown, "desk_work" in shown) == (True, False)


async def test_the_console_speaks_hebrew_from_right_to_left(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, locale="he") as browser:
        shown = await browser.open("/console")

    assert 'dir="rtl"' in shown.text
    assert "ההמתנה הארוכה ביותר" in shown.text


async def test_names_that_are_markup_are_shown_harmless(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)
        customer = await session.get(CustomerRow, task.customer_id)
        assert customer is not None
        customer.attributes = {**customer.attributes, "name": "<script>alert(1)</script>\u202e"}
        session.add(customer)

    shown = await supervisor.open("/console")

    assert "<script>alert" not in shown.text
    assert "\u202e" not in shown.text
    assert "&lt;script&gt;alert(1)" in shown.text


PATHS = ("/console", "/console/tasks", "/console/stream", "/console/switch")


@pytest.mark.parametrize("path", PATHS)
async def test_an_agent_is_refused(database_url: str, database: Database, path: str) -> None:
    async with a_browser(database_url, database, role=Role.AGENT) as browser:
        assert (await browser.open(path)).status_code == 403


@pytest.mark.parametrize("path", ["/console", "/console/switch"])
async def test_who_is_not_signed_in_is_sent_to_sign_in(supervisor: Browser, path: str) -> None:
    supervisor.client.cookies.clear()

    answer = await supervisor.open(path)

    assert (answer.status_code, answer.headers["location"].startswith("/sign-in")) == (303, True)


async def test_an_auditor_looks_and_does_not_touch(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)
    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = await browser.open("/console")
        order = {"action": "withdraw", "task": str(task.id), "reason": "r", "confirmed": "yes"}
        sent = await browser.send("/console/tasks", **order)

    assert (shown.status_code, "Stop calls" in shown.text, 'type="checkbox" id="pick' in shown.text) == (200, False, False)
    assert (sent.status_code, (await reread(database, task.id)).state) == (403, TaskState.QUEUED)


async def test_several_tasks_are_withdrawn_at_once_and_the_audit_knows(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        tasks = [await a_task(session) for _ in range(2)]

    order = {"action": "withdraw", "task": [str(each.id) for each in tasks], "reason": "storm", "confirmed": "yes"}
    answer = await supervisor.send("/console/tasks", **order)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console?done=2")
    assert "2 tasks were changed." in (await supervisor.open("/console?done=2")).text
    assert [(await reread(database, each.id)).state for each in tasks] == [TaskState.WITHDRAWN] * 2
    async with database.transaction() as session:
        case = await session.get(EscalationRow, tasks[0].escalation_id)
    assert case is not None
    assert (case.outcome, case.canceled_reason) == (Outcome.CANCELED, "storm")
    assert await changes(database) == [("task.withdraw", supervisor.viewer.login)] * 2


async def test_a_task_is_moved_and_one_is_kept_for_an_agent(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        first, second = await a_task(session), await a_task(session)
        agent = await an_agent(session, silent=timedelta(hours=1))

    order = {"action": "move", "task": str(first.id), "to_queue": "service", "reason": "r"}
    moved = await supervisor.send("/console/tasks", **order)
    order = {"action": "reassign", "task": str(second.id), "to_agent": str(agent.id), "reason": "r"}
    kept = await supervisor.send("/console/tasks", **order)

    assert (moved.status_code, kept.status_code) == (303, 303)
    assert (await reread(database, first.id)).queue == "service"
    assert (await reread(database, second.id)).preferred_agent == agent.id
    assert f"kept for <bdi>{agent.name}</bdi>" in (await supervisor.open("/console")).text


async def test_an_agent_who_asks_for_help_is_seen(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent, task = await an_agent(session, "dana"), await a_task(session)
        task.state, task.agent_id, task.help_asked_at = TaskState.CONNECTED, agent.id, datetime.now(UTC)
        session.add(task)

    shown = (await supervisor.open("/console")).text

    assert (" asks for help" in shown, "Asks for help" in shown) == (True, True)


async def test_an_order_that_lacks_something_names_it_and_keeps_the_rest(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)

    answer = await supervisor.send("/console/tasks", action="move", task=str(task.id), reason="wrong queue")
    nothing = await supervisor.send("/console/tasks")

    assert answer.status_code == nothing.status_code == 422
    assert "Choose the queue the tasks go to." in answer.text
    assert 'value="wrong queue"' in answer.text
    assert f'value="{task.id}"' in answer.text
    assert " checked" in answer.text
    assert "Choose at least one task in the list." in nothing.text
    assert (await reread(database, task.id)).queue == "sales"


async def test_one_task_in_a_call_does_not_stop_the_others(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        free, busy = await a_task(session), await a_task(session)
        agent = await an_agent(session)
        busy.state, busy.agent_id = TaskState.CONNECTED, agent.id
        session.add(busy)

    order = {"action": "requeue", "task": [str(free.id), str(busy.id)], "reason": "r"}
    answer = await supervisor.send("/console/tasks", **order)

    assert answer.status_code == 409
    assert "1 task was changed." in answer.text
    assert "A call is under way" in answer.text
    assert (await reread(database, busy.id)).state is TaskState.CONNECTED


async def test_a_form_from_elsewhere_changes_nothing(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)

    form = {"action": "withdraw", "task": str(task.id), "reason": "r", "confirmed": "yes", "csrf": "guessed"}
    answer = await supervisor.client.post("/console/tasks", data=form)
    switch = await supervisor.client.post("/console/switch", data={"scope": "everything", "reason": "r", "confirmed": "yes"})

    assert (answer.status_code, switch.status_code) == (403, 403)
    assert (await reread(database, task.id)).state is TaskState.QUEUED


async def test_the_list_is_narrowed_to_a_queue_and_a_state(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "service")
        first, second = await a_task(session), await a_task(session, queue="service")

    shown = (await supervisor.open("/console?queue=service&state=queued")).text
    part = (await supervisor.open("/console/tasks?queue=service&state=nonsense")).text

    assert (f"task-{first.id}" in shown, f"task-{second.id}" in shown) == (False, True)
    assert (f"task-{first.id}" in part, f"task-{second.id}" in part, "<html" in part) == (False, True, False)


async def test_the_list_stays_narrowed_after_tasks_were_changed(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_queue(session, "back office & more")
        other = await a_task(session)
        left, withdrawn = [await a_task(session, queue="back office & more") for _ in range(2)]
    narrowed = {"queue": "back office & more", "state": "queued"}

    order = {"action": "withdraw", "task": str(withdrawn.id), "reason": "r", "confirmed": "yes"}
    answer = await supervisor.send("/console/tasks", **order, **narrowed)
    shown = (await supervisor.open(answer.headers["location"])).text

    assert answer.status_code == 303
    assert (f"task-{left.id}" in shown, f"task-{other.id}" in shown, "1 task was changed." in shown) == (True, False, True)
    assert 'name="state" value="queued"' in shown


async def test_calls_are_stopped_after_a_confirmation_and_let_go_on(supervisor: Browser, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
    wish = {"scope": "queue", "target": "sales", "reason": "wrong prices"}

    asked = await supervisor.send("/console/switch", **wish)
    async with database.transaction() as session:
        before = (await session.exec(select(SwitchRow))).all()
    back = await supervisor.send("/console/switch", **wish, confirmed="no")
    done = await supervisor.send("/console/switch", **wish, confirmed="yes")
    shown = (await supervisor.open("/console")).text
    beside = (await supervisor.open("/console/switch")).text

    assert (asked.status_code, before) == (200, [])
    assert ("What is stopped now" in back.text, "What is stopped now" in beside) == (False, True)
    assert "Stop all new calls of this queue?" in asked.text
    assert 'value="wrong prices"' in back.text
    assert (done.status_code, "wrong prices" in shown) == (303, True)
    async with database.transaction() as session:
        row = (await session.exec(select(SwitchRow))).one()
    assert (row.scope, row.target, row.author) == ("queue", "sales", supervisor.viewer.login)
    assert f'action="/console/switch/{row.id}/lift"' in beside

    lifted = await supervisor.send(f"/console/switch/{row.id}/lift")
    again = await supervisor.send(f"/console/switch/{row.id}/lift")

    assert (lifted.status_code, again.status_code) == (303, 303)
    assert "wrong prices" not in (await supervisor.open("/console")).text
    assert [what for what, _ in await changes(database)] == ["switch.thrown", "switch.lifted"]


@pytest.mark.parametrize(
    ("wish", "fix"),
    [
        ({"scope": "everything", "reason": " "}, "Say why"),
        ({"scope": "queue", "target": "nowhere", "reason": "r"}, "Choose one of this kind."),
        ({"scope": "everything", "target": "sales", "reason": "r"}, "Leave this empty"),
        ({"scope": "nonsense", "reason": "r"}, "Choose what to stop."),
    ],
)
async def test_a_switch_that_does_not_fit_is_refused_by_its_field(
    supervisor: Browser, database: Database, wish: dict[str, str], fix: str
) -> None:
    answer = await supervisor.send("/console/switch", **wish, confirmed="yes")

    assert (answer.status_code, fix in answer.text) == (422, True)
    async with database.transaction() as session:
        assert (await session.exec(select(SwitchRow))).all() == []


async def test_the_stream_draws_the_floor_anew_within_a_second(supervisor: Browser, database: Database) -> None:
    secret = supervisor.client.cookies[COOKIE]
    watcher = ConsoleWatcher(database, secret, a_lens(database))
    newsroom = supervisor.app.state.newsroom
    await newsroom.listening.wait()
    told = watcher.watch(newsroom)
    first = await anext(told)
    assert (await anext(told)).event == "tasks"

    async with database.transaction() as session:
        await a_queue(session, "fresh-queue")
        await a_task(session, queue="fresh-queue")
    async with asyncio.timeout(1):
        second = await anext(told)

    assert "fresh-queue" not in str(first.raw_data)
    assert "fresh-queue" in str(second.raw_data)
    assert second.event is None  # what has no name is put into the page


async def test_the_stream_ends_with_the_session(supervisor: Browser, database: Database) -> None:
    secret = supervisor.client.cookies[COOKIE]
    told = ConsoleWatcher(database, secret, a_lens(database)).watch(supervisor.app.state.newsroom)
    await anext(told)
    await anext(told)

    async with database.transaction() as session:
        await end_all(session, supervisor.viewer.person_id, now=datetime.now(UTC))
        await a_queue(session)
        await a_task(session)

    assert [event async for event in told] == []
