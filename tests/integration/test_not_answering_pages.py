"""The desk of an agent who did not answer, and the board that shows it."""

import html
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from api.app import create_app
from orchestrator.identity.people import Role
from orchestrator.identity.tables import PersonRow
from orchestrator.queueing.offers import lease_lost, offer
from orchestrator.queueing.tables import AgentRow, Presence, TaskRow
from orchestrator.queueing.tasks import lock_task, withdraw
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, an_agent, reread, some_settings
from tests.integration.people_floor import signed_in
from tests.integration.test_desk_pages import Desk

RAN_OUT = timedelta(seconds=30)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return some_settings(database_url)


@pytest.fixture
async def desk(database: Database, settings: Settings) -> AsyncIterator[Desk]:
    app = create_app(settings)
    async with app.router.lifespan_context(app), a_client(app) as client:
        async with database.transaction() as session:
            await a_queue(session)
            agent = await an_agent(session, "dana", idle=timedelta(hours=1))
        viewer = await signed_in(client, database, role=Role.AGENT, agent_id=agent.id)
        yield Desk(client, database, viewer, agent)


async def missed(desk: Desk, settings: Settings, *, times: int = 1) -> TaskRow:
    """A task the desk's agent was offered so often in vain; it is offered to whoever is free after that."""
    async with desk.database.transaction() as session:
        task = await a_task(session)
    for _ in range(times):
        async with desk.database.transaction() as session:
            now = await desk.database.clock.now(session)
            await offer(session, "sales", now=now, settings=settings)
            await lease_lost(session, await lock_task(session, task.id), now=now + RAN_OUT, settings=settings)
    async with desk.database.transaction() as session:
        await offer(session, "sales", now=await desk.database.clock.now(session), settings=settings)
    return await reread(desk.database, task.id)


async def test_who_does_not_answer_is_told_aloud_and_comes_back_by_one_button_or_its_key(
    desk: Desk, settings: Settings
) -> None:
    await missed(desk, settings, times=3)

    shown = await desk.see()

    [alarm] = re.findall(r'<div class="empty" data-announce="[^"]+"[^>]*>', shown)
    assert "data-announce-now" in alarm
    assert "data-chime" in alarm
    [back] = re.findall(r'<button[^>]*value="available"[^>]*>', shown)
    assert 'data-key="v"' in back
    assert ("I am back" in shown, "Be available" in shown, "Give me the next" in shown) == (True, False, False)
    answer = await desk.do("presence", presence="available")
    assert answer.status_code == 303
    async with desk.database.transaction() as session:
        assert (await session.get_one(AgentRow, desk.agent.id)).presence is Presence.AVAILABLE


async def test_an_open_desk_that_fetches_its_work_gets_the_new_presence_with_it(desk: Desk, settings: Settings) -> None:
    before = await desk.client.get("/desk/work")
    mark = re.findall(r'id="work-mark" name="mark" value="([^"]+)"', before.text)[0]
    same = await desk.client.get("/desk/work", params={"mark": mark})

    await missed(desk, settings, times=3)
    after = await desk.client.get("/desk/work", params={"mark": mark})

    assert (same.status_code, after.status_code) == (204, 200)
    assert re.search(r'id="presence" hx-swap-oob="outerMorph">\s*<p[^>]*><span class="badge warn">Not answering', after.text)
    assert "hx-swap-oob" not in (await desk.see())


async def test_only_we_say_that_somebody_does_not_answer(desk: Desk) -> None:
    answer = await desk.do("presence", presence="not_answering")

    assert answer.status_code == 422
    async with desk.database.transaction() as session:
        assert (await session.get_one(AgentRow, desk.agent.id)).presence is Presence.AVAILABLE


async def test_a_missed_offer_is_told_of_afterwards_with_what_became_of_it(desk: Desk, settings: Settings) -> None:
    async with desk.database.transaction() as session:
        await an_agent(session, "eli", idle=timedelta(minutes=1))
    await missed(desk, settings)

    shown = await desk.see()

    assert re.search(r"Missed an offer at \d\d?:\d\d.*Checkout left unfinished.*It went to a colleague\.", shown)
    assert "I am back" not in shown


async def test_what_is_offered_again_or_needed_no_more_is_said_so(desk: Desk, settings: Settings) -> None:
    task = await missed(desk, settings)
    again = await desk.see()
    async with desk.database.transaction() as session:
        await lease_lost(
            session, await lock_task(session, task.id), now=await desk.database.clock.now(session) + RAN_OUT, settings=settings
        )
    waits = await desk.see()
    async with desk.database.transaction() as session:
        now = await desk.database.clock.now(session)
        await withdraw(session, await lock_task(session, task.id), reason="resolved_by_customer", now=now)

    over = await desk.see()

    assert "It is offered to you again." in again
    assert "It waits in its place in the queue." in waits
    assert "No call is needed there any more." in over
    assert over.count("Missed an offer at") == 1  # twice offered, and one task


async def test_once_an_offer_is_answered_nothing_more_is_said_of_those_missed(desk: Desk, settings: Settings) -> None:
    task = await missed(desk, settings)
    assert (await desk.at(task, "accept")).status_code == 303

    assert "Missed an offer" not in await desk.see()


async def test_an_answer_that_came_too_late_is_told_what_became_of_it(desk: Desk, settings: Settings) -> None:
    async with desk.database.transaction() as session:
        await an_agent(session, "eli", idle=timedelta(minutes=1))
    task = await missed(desk, settings)

    answer = await desk.do(f"tasks/{task.id}/accept", fence=task.fence - 1)

    assert answer.status_code == 409
    assert "It went to a colleague." in html.unescape(answer.text)
    assert "given to somebody else" not in answer.text


async def test_the_board_shows_who_does_not_answer(desk: Desk, settings: Settings) -> None:
    await missed(desk, settings, times=3)
    await signed_in(desk.client, desk.database, role=Role.SUPERVISOR)

    shown = html.unescape((await desk.client.get("/console")).text)

    assert '<span class="badge warn">Not answering 1</span>' in shown
    assert re.search(r'<span class="badge warn">Not answering</span> <span class="soft">since \d', shown)


async def test_it_is_said_in_hebrew_too(desk: Desk, settings: Settings) -> None:
    await missed(desk, settings, times=3)
    async with desk.database.transaction() as session:
        person = await session.get_one(PersonRow, desk.viewer.person_id)
        person.locale = "he"
        session.add(person)

    shown = await desk.see()

    assert "חזרתי" in shown
    assert "הצעה הוחמצה בשעה" in shown
    assert "I am back" not in shown
