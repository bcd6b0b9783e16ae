"""The agent's desk as a signed-in agent meets it: by HTTP, without script, on a real database."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.app import create_app
from orchestrator.availability.situation import SwitchScope
from orchestrator.availability.tables import SwitchRow
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.escalations.states import PromiseState
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.identity.people import Role, Viewer
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing import supervising
from orchestrator.queueing.switching import lift, throw
from orchestrator.queueing.tables import AgentRow, OfferRow, Presence, QueueRow, TaskRow, TaskState
from orchestrator.queueing.working import Hold
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import AttemptRow, AttemptState, Leg, MessageRow
from tests.integration.floor import a_client, a_queue, a_task, an_agent, reread, some_settings
from tests.integration.people_floor import signed_in
from tests.integration.test_desk_domain import a_leg, midnight_somewhere, noon_somewhere


@dataclass(frozen=True, slots=True)
class Desk:
    """A signed-in agent's browser without script."""

    client: httpx.AsyncClient
    database: Database
    viewer: Viewer
    agent: AgentRow

    async def see(self, path: str = "/desk") -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    async def do(self, path: str, **fields: Any) -> httpx.Response:
        return await self.client.post(f"/desk/{path}", data={"csrf": self.viewer.csrf, **fields})

    async def at(self, task: TaskRow, action: str, **fields: Any) -> httpx.Response:
        fence = (await reread(self.database, task.id)).fence
        return await self.do(f"tasks/{task.id}/{action}", **{"fence": fence, **fields})

    async def change(self, task: TaskRow, **values: Any) -> None:
        async with self.database.transaction() as session:
            row = await session.get_one(TaskRow, task.id)
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)

    async def offered(self, **attributes: object) -> TaskRow:
        """A task that is on offer to the agent."""
        async with self.database.transaction() as session:
            task = await a_task(session)
            customer = await session.get_one(CustomerRow, task.customer_id)
            customer.attributes = {**customer.attributes, "zone": noon_somewhere(), **attributes}
            session.add(customer)
        assert (await self.do("next")).status_code == 200
        return await reread(self.database, task.id)

    async def accepted(self, **attributes: object) -> TaskRow:
        task = await self.offered(**attributes)
        assert (await self.at(task, "accept")).status_code == 303
        return task

    async def withdraw(self, session: AsyncSession, task: TaskRow) -> None:
        settings, clock = some_settings("postgresql://unused"), self.database.clock
        await supervising.withdraw_task(session, task.id, reason="mistake", who="test", clock=clock, settings=settings)

    async def wrapping(self) -> TaskRow:
        task = await self.accepted()
        await self.change(task, state=TaskState.WRAPPING, wrap_since=datetime.now(UTC))
        return task


@pytest.fixture
async def desk(database: Database, database_url: str) -> AsyncIterator[Desk]:
    settings = some_settings(database_url).changed(twilio_from_numbers=("+14155550100",), organisation="Acme")
    app = create_app(settings)
    async with app.router.lifespan_context(app), a_client(app) as client:
        async with database.transaction() as session:
            await a_queue(session)
            agent = await an_agent(session)
        viewer = await signed_in(client, database, role=Role.AGENT, agent_id=agent.id)
        yield Desk(client, database, viewer, agent)


async def test_nobody_sees_a_desk_without_signing_in(desk: Desk) -> None:
    desk.client.cookies.clear()

    answer = await desk.client.get("/desk")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


async def test_a_supervisor_has_no_desk(desk: Desk) -> None:
    await signed_in(desk.client, desk.database, role=Role.SUPERVISOR)

    assert (await desk.client.get("/desk")).status_code == 403


async def test_a_form_without_the_sessions_proof_does_nothing(desk: Desk) -> None:
    answer = await desk.client.post("/desk/presence", data={"presence": "offline", "csrf": "guessed"})

    assert answer.status_code == 403
    async with desk.database.transaction() as session:
        assert (await session.get_one(AgentRow, desk.agent.id)).presence is Presence.AVAILABLE


async def test_a_pause_keeps_its_reason_until_the_agent_ends_it(desk: Desk) -> None:
    answer = await desk.do("presence", presence="paused", pause="lunch")

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    shown = await desk.see()
    assert "Paused" in shown
    assert "Lunch" in shown


async def test_a_pause_without_a_reason_names_the_field_and_the_fix(desk: Desk) -> None:
    answer = await desk.do("presence", presence="paused")

    assert answer.status_code == 422
    assert 'id="f-pause-fault"' in answer.text
    assert "Choose why you pause." in answer.text


async def test_the_list_shows_broken_promises_first_and_names_nobody(desk: Desk) -> None:
    await desk.do("presence", presence="paused", pause="break")
    async with desk.database.transaction() as session:
        await a_task(session, waiting=timedelta(hours=1))
        await a_task(session, promised=True, due_in=-timedelta(minutes=5))

    shown = await desk.see()

    lines = re.findall(r"<li>\s*<strong>.*?</li>", shown, re.DOTALL)
    assert len(lines) == 2
    assert "Promise broken" in lines[0]
    assert "data-countdown" in lines[0]
    assert "Checkout left unfinished" in lines[0]
    assert "Noa Levi" not in shown


async def test_asking_for_the_next_says_why_there_is_none(desk: Desk) -> None:
    answer = await desk.do("next")

    assert "Nobody is waiting on your queues." in html.unescape(answer.text)


async def test_an_offer_is_shown_with_who_why_and_how_to_open(desk: Desk) -> None:
    await desk.offered()

    shown = await desk.see()

    assert "data-announce-now" in shown
    assert "Noa Levi" in shown
    assert "Checkout left unfinished: a checkout was left just now (website)." in shown
    assert "this is Somebody from Acme." in shown
    assert "Offers and sales of any kind" in shown


async def test_accepting_makes_the_task_the_agents(desk: Desk) -> None:
    task = await desk.offered()

    answer = await desk.at(task, "accept")

    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert (await reread(desk.database, task.id)).state is TaskState.ASSIGNED
    assert "Ready to call" in await desk.see()


async def test_a_double_click_on_accept_is_one(desk: Desk) -> None:
    task = await desk.offered()

    assert [(await desk.at(task, "accept")).status_code for _ in range(2)] == [303, 303]


async def test_rejecting_keeps_the_reason(desk: Desk) -> None:
    task = await desk.offered()

    assert (await desk.at(task, "reject", reason="know_customer")).status_code == 303

    async with desk.database.transaction() as session:
        assert (await session.exec(select(OfferRow.reason))).one() == "know_customer"


async def test_calling_and_hanging_up_are_shown_as_they_are(desk: Desk) -> None:
    task = await desk.accepted()
    await desk.at(task, "call")
    assert "Your phone is about to ring" in await desk.see()
    await desk.change(task, state=TaskState.CONNECTED)
    await legs(desk, task)
    assert "You are talking with the customer" in await desk.see()

    assert (await desk.at(task, "hang-up")).status_code == 303

    assert "Hanging up" in await desk.see()
    async with desk.database.transaction() as session:
        mine = (await session.exec(select(AttemptRow).where(AttemptRow.leg == Leg.AGENT))).one()
        assert mine.cancel_requested_at is not None


async def test_completing_writes_down_all_that_was_said_and_frees_the_agent(desk: Desk) -> None:
    task = await desk.wrapping()

    answer = await desk.at(task, "complete", outcome="solved/put_right", notes="Paid by card.", worth="yes")

    assert answer.status_code == 303
    done = await reread(desk.database, task.id)
    assert (done.disposition, done.sub_disposition, done.notes) == ("solved", "put_right", "Paid by card.")
    assert done.worth_calling is True
    shown = await desk.see(answer.headers["location"])
    assert f'data-taken="wrap-{task.id}"' in shown
    assert re.search(r"<dt>Done today</dt><dd>1</dd>", shown)


async def test_a_wrap_up_without_a_result_keeps_the_note_and_names_the_field(desk: Desk) -> None:
    task = await desk.wrapping()

    answer = await desk.at(task, "complete", outcome="", notes="She <b>paid</b>.", worth="no")

    assert answer.status_code == 422
    assert 'id="f-outcome-fault"' in answer.text
    assert "Choose what came of the call, and why." in answer.text
    assert "She &lt;b&gt;paid&lt;/b&gt;." in answer.text
    assert re.search(r'value="no" checked', answer.text)


async def test_a_wrap_up_sent_twice_is_done_once(desk: Desk) -> None:
    task = await desk.wrapping()

    answers = [await desk.at(task, "complete", outcome="solved/sold", notes="") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]


async def test_every_time_offered_may_be_agreed_on(desk: Desk) -> None:
    task = await desk.wrapping()
    offered = re.findall(r'<option value="(\d{4}-[^"]+)"', (await desk.client.get("/desk")).text)

    answer = await desk.at(task, "reschedule", at=html.unescape(offered[-1]))

    assert answer.status_code == 303
    assert (await reread(desk.database, task.id)).not_before == datetime.fromisoformat(html.unescape(offered[-1]))


async def test_a_time_that_is_not_allowed_is_refused_at_its_field(desk: Desk) -> None:
    task = await desk.wrapping()
    async with desk.database.transaction() as session:
        customer = (await session.exec(select(CustomerRow))).one()
        customer.attributes = {**customer.attributes, "zone": midnight_somewhere()}
        session.add(customer)

    answer = await desk.at(task, "reschedule", at=(datetime.now(UTC) + timedelta(minutes=30)).isoformat())

    assert answer.status_code == 422
    assert 'id="f-at-fault"' in answer.text
    assert "Choose one of the times offered." in answer.text


async def test_never_call_is_one_click_and_is_kept(desk: Desk) -> None:
    task = await desk.accepted()

    assert (await desk.at(task, "never-call")).status_code == 303

    async with desk.database.transaction() as session:
        assert (await session.exec(select(CustomerRow))).one().attributes["do_not_call"] is True


async def test_the_link_goes_out_once_and_the_desk_says_so(desk: Desk) -> None:
    task = await desk.accepted()

    for _ in range(2):
        assert (await desk.at(task, "link")).status_code == 303

    assert "Link sent at" in await desk.see()
    async with desk.database.transaction() as session:
        assert len((await session.exec(select(MessageRow))).all()) == 1


async def test_a_link_that_may_not_go_out_is_explained(desk: Desk) -> None:
    task = await desk.accepted(consent={"sms": False})

    answer = await desk.at(task, "link")

    assert answer.status_code == 409
    assert "No message may go to this customer now." in answer.text


async def test_help_that_was_asked_for_is_shown(desk: Desk) -> None:
    task = await desk.accepted()

    assert (await desk.at(task, "help")).status_code == 303

    assert "Help asked for at" in await desk.see("/desk?said=help")
    assert (await reread(desk.database, task.id)).help_asked_at is not None


async def test_a_task_withdrawn_meanwhile_says_why_and_brings_the_next(desk: Desk) -> None:
    task = await desk.accepted()
    async with desk.database.transaction() as session:
        await desk.withdraw(session, task)
        following = await a_task(session)

    answer = await desk.at(task, "call")

    assert answer.status_code == 409
    assert "A supervisor has withdrawn this task." in answer.text
    assert 'dir="auto">mistake</p>' in answer.text
    assert str(following.id) in answer.text


async def test_a_task_withdrawn_while_it_is_read_leaves_the_desk_with_the_reason(desk: Desk) -> None:
    task = await desk.accepted()
    mark = f"{task.id}.1.ready.0"
    assert (await desk.client.get("/desk/work", params={"mark": mark})).status_code == 204
    async with desk.database.transaction() as session:
        await desk.withdraw(session, task)

    answer = await desk.client.get("/desk/work", params={"mark": mark})

    assert answer.status_code == 200
    assert "A supervisor has withdrawn this task." in answer.text
    assert 'dir="auto">mistake</p>' in answer.text


async def test_an_open_desk_renews_its_lease(desk: Desk) -> None:
    task = await desk.accepted()
    soon = datetime.now(UTC) + timedelta(seconds=1)
    await desk.change(task, lease_until=soon)

    await desk.see()

    renewed = (await reread(desk.database, task.id)).lease_until
    assert renewed is not None
    assert renewed > soon


async def test_hostile_words_are_shown_harmless(desk: Desk) -> None:
    await desk.accepted(name="<script>alert(1)</script>\u202eevil")

    text = (await desk.client.get("/desk")).text

    assert "<script>alert" not in text
    assert "\u202e" not in text


async def test_the_desk_speaks_hebrew_to_who_reads_it(desk: Desk) -> None:
    await desk.accepted()
    desk.client.cookies.set("ringback_language", "he")

    shown = await desk.see()

    assert 'dir="rtl"' in shown
    assert "הקנייה לא הושלמה" in shown


async def legs(desk: Desk, task: TaskRow) -> None:
    """Both people are in the call."""
    async with desk.database.transaction() as session:
        assert await session.get(EscalationRow, task.escalation_id)
        hold = Hold(task.id, desk.agent.id, 1)
        for leg in Leg:
            session.add(await a_leg(session, hold, leg, AttemptState.CONNECTED))


async def test_more_time_is_given_twice_and_then_no_longer_offered(desk: Desk) -> None:
    task = await desk.wrapping()
    before = await desk.see()

    for _ in range(2):
        assert (await desk.at(task, "more-time")).status_code == 303
    after = await desk.see()

    assert ("More time" in before, "More time" in after) == (True, False)
    assert (await desk.at(task, "more-time")).status_code == 409


async def test_the_outcomes_are_those_of_the_tasks_queue(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        queue = await session.get_one(QueueRow, "sales")
        queue.outcomes = ["solved/sold", "not_solved/system_failed", "declined/too_expensive"]
        session.add(queue)
    task = await desk.wrapping()

    shown = await desk.see()
    refused = await desk.at(task, "complete", outcome="solved/explained", notes="Kept")
    taken = await desk.at(task, "complete", outcome="solved/sold")

    assert ('value="solved/sold"' in shown, 'value="solved/explained"' in shown) == (True, False)
    assert 'value="no_answer/rang_out"' in shown  # what came of a call without a talk can always be said
    assert (refused.status_code, "Kept" in refused.text, "Choose what came of the call" in refused.text) == (422, True, True)
    assert taken.status_code == 303


async def test_what_was_noted_goes_with_a_call_agreed_for_later(desk: Desk) -> None:
    task = await desk.wrapping()
    at = re.findall(r'<option value="(\d{4}-[^"]+)"', await desk.see())[0]

    assert (await desk.at(task, "reschedule", at=unescape(at), notes="Ask for Ruth.\0")).status_code == 303

    assert (await reread(desk.database, task.id)).notes == "Ask for Ruth."


async def test_what_was_noted_stays_when_the_customer_wants_no_more_calls(desk: Desk) -> None:
    task = await desk.wrapping()

    assert (await desk.at(task, "never-call", notes="Asked me to stop.")).status_code == 303

    ended = await reread(desk.database, task.id)
    assert (ended.notes, ended.disposition, ended.sub_disposition) == ("Asked me to stop.", "never_call", "asked_in_the_call")


@pytest.mark.parametrize("action", ["complete", "reschedule", "never-call"])
async def test_an_ending_that_is_refused_keeps_all_that_was_typed(desk: Desk, action: str) -> None:
    task = await desk.wrapping()
    at = unescape(re.findall(r'<option value="(\d{4}-[^"]+)"', await desk.see())[-1])

    answer = await desk.at(task, action, outcome="solved/explained", worth="yes", at=at, notes="Hello. " * 1000)

    assert answer.status_code == 422
    assert 'id="f-notes-fault">Shorten the note' in answer.text
    assert "Hello. Hello. " in answer.text
    assert 'value="solved/explained" selected' in answer.text
    assert f'value="{at}" selected' in unescape(answer.text)
    assert 'value="yes" checked' in answer.text


async def test_more_pages_at_once_than_the_database_gives_connections_are_all_answered(desk: Desk) -> None:
    await desk.accepted()

    answers = await asyncio.gather(*(desk.client.get("/desk/figures") for _ in range(60)))

    assert {answer.status_code for answer in answers} == {200}


async def test_times_of_another_day_say_the_day(desk: Desk) -> None:
    await desk.do("presence", presence="paused", pause="break")
    now = datetime.now(UTC)
    async with desk.database.transaction() as session:
        await a_task(session, not_before=now + timedelta(days=2), waiting=timedelta(days=3))
        await a_task(session, due_in=timedelta(days=2), promised=True)

    shown = await desk.see()

    assert re.search(r"not before \w{3}, \w{3} \d+ \d\d:\d\d", shown)
    assert re.search(r"waiting since \w{3}, \w{3} \d+ \d\d:\d\d", shown)
    assert re.search(r"data-countdown[^>]*>\w{3}, \w{3} \d+ \d\d:\d\d</time>", shown)
    assert re.search(r"since \d\d:\d\d<", shown)  # the pause began today


async def test_what_was_promised_is_told_on_both_clocks_where_the_customers_differs(desk: Desk) -> None:
    task = await desk.accepted(zone="Pacific/Kiritimati")  # fourteen hours ahead of the agent's, so mostly in another day
    now = datetime.now(UTC)
    async with desk.database.transaction() as session:
        session.add(
            PromiseRow(
                escalation_id=task.escalation_id,
                customer_id=task.customer_id,
                state=PromiseState.OPEN,
                words="We call you.",
                medium="sms",
                due_at=now + timedelta(minutes=20),
                written_at=now,
                said_at=now,
            )
        )

    shown = await desk.see()

    assert re.search(r"due (\w{3}, \w{3} \d+ )?\d\d:\d\d your time \((\w{3}, \w{3} \d+ )?\d\d:\d\d there\)", shown)
    assert f"Times are on your clock, <bdi>{desk.viewer.zone}</bdi>." in shown


async def test_where_both_clocks_agree_nobody_is_told_whose_time_it_is(desk: Desk) -> None:
    await desk.accepted(zone="Etc/UTC")

    shown = await desk.see()

    assert "your time" not in shown
    assert "on your clock" not in shown


async def stop(desk: Desk, scope: SwitchScope, target: str | None, reason: str = "wrong prices") -> SwitchRow:
    async with desk.database.transaction() as session:
        now = await desk.database.clock.now(session)
        settings = some_settings("postgresql://unused")
        if scope is SwitchScope.RULE and target is not None:
            session.add(RuleRow(name=target, state=RuleState.PUBLISHED, version=1, changed_at=now, since=now))
        return await throw(
            session, scope=scope, target=target, reason=reason, author="maya", who="test", now=now, settings=settings
        )


async def test_the_desk_says_that_calls_are_stopped_and_why(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await a_queue(session, "service")
    await stop(desk, SwitchScope.QUEUE, "service", "elsewhere")
    await stop(desk, SwitchScope.RULE, "another-rule", "another rule")
    everything = await stop(desk, SwitchScope.EVERYTHING, None)
    await stop(desk, SwitchScope.QUEUE, "sales", "storm")

    shown = await desk.see()
    part = await desk.see("/desk/stopped")
    async with desk.database.transaction() as session:
        settings, now = some_settings("postgresql://unused"), await desk.database.clock.now(session)
        await lift(session, everything.id, who="test", now=now, settings=settings)
    after = await desk.see("/desk/stopped")

    for text in (shown, part):
        assert "All calls are stopped" in text
        assert "wrong prices" in text
        assert "Calls of the queue <bdi>sales</bdi> are stopped" in text
        assert ("elsewhere" in text, "another rule" in text) == (False, False)
    assert ("All calls are stopped" in after, "storm" in after) == (False, True)


@pytest.mark.parametrize(
    ("scope", "target"),
    [(SwitchScope.EVERYTHING, None), (SwitchScope.QUEUE, "sales"), (SwitchScope.RULE, "incomplete-checkout")],
)
async def test_a_call_that_is_stopped_cannot_be_pressed_and_says_why(
    desk: Desk, scope: SwitchScope, target: str | None
) -> None:
    task = await desk.accepted()
    mark = f"{task.id}.1.ready.0"

    await stop(desk, scope, target)
    work = await desk.client.get("/desk/work", params={"mark": mark})

    assert work.status_code == 200  # the open desk draws it anew
    assert '<button class="primary" disabled aria-describedby="call-stopped">Call</button>' in work.text
    assert re.search("Calls are stopped since .*wrong prices", work.text)
    assert f'action="/desk/tasks/{task.id}/call"' not in work.text


async def test_a_switch_for_something_else_leaves_the_call_alone(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await a_queue(session, "service")
    task = await desk.accepted()

    await stop(desk, SwitchScope.QUEUE, "service")
    await stop(desk, SwitchScope.RULE, "another-rule")

    assert f'action="/desk/tasks/{task.id}/call"' in await desk.see()
    assert (await desk.client.get("/desk/work", params={"mark": f"{task.id}.1.ready.0"})).status_code == 204


async def test_times_to_agree_on_say_both_days_where_the_customers_day_is_another(desk: Desk) -> None:
    task = await desk.accepted(zone="Pacific/Kiritimati")  # its mornings are the agent's evenings before
    await desk.change(task, state=TaskState.WRAPPING, wrap_since=datetime.now(UTC))

    options = re.findall(r'<option value="\d{4}-[^>]*>(.*?)</option>', await desk.see())

    day = r"\w{3}, \w{3} \d+"
    told = [re.fullmatch(rf"({day}) \d\d:\d\d \((?:({day}) )?\d\d:\d\d for you\)", option) for option in options]
    assert options
    assert all(told)
    days = {each.groups() for each in told if each is not None}
    assert any(other is not None and other != own for own, other in days)
    assert all(other != own for own, other in days)
