"""What waits is drawn once for all desks that see the same, and anew when it has changed."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from api.pages.desk.lists import Look, WaitingLists
from orchestrator.detection.library import RuleLibrary
from orchestrator.queueing.desk_list import Sight, sight_of, waiting_for
from orchestrator.queueing.order import SOON
from orchestrator.storage.database import Database
from tests.integration.floor import a_queue, a_task, an_agent

NOBODY = UUID(int=0)
SALES = Look(Sight(("sales",), ("", "en"), ()), "en", "Etc/UTC")


async def test_desks_that_see_the_same_share_one_drawing(database: Database) -> None:
    await a_waiting_task(database)
    lists = WaitingLists(RuleLibrary())

    drawn = await asyncio.gather(*(lists.drawn(database, SALES, NOBODY, edition=1) for _ in range(5)))

    assert "Checkout left unfinished" in drawn[0]
    assert all(each is drawn[0] for each in drawn)


async def test_what_changed_is_drawn_in_the_next_edition(database: Database) -> None:
    await a_waiting_task(database)
    lists = WaitingLists(RuleLibrary())
    before = await lists.drawn(database, SALES, NOBODY, edition=1)

    async with database.transaction() as session:
        await a_task(session)
    same = await lists.drawn(database, SALES, NOBODY, edition=1)
    after = await lists.drawn(database, SALES, NOBODY, edition=2)

    assert (before.count("<li>"), same, after.count("<li>")) == (1, before, 2)


async def test_each_look_is_drawn_for_itself(database: Database) -> None:
    await a_waiting_task(database)
    lists = WaitingLists(RuleLibrary())

    english = await lists.drawn(database, SALES, NOBODY, edition=1)
    hebrew = await lists.drawn(database, replace(SALES, language="he"), NOBODY, edition=1)
    elsewhere = await lists.drawn(database, replace(SALES, sight=Sight(("service",), ("", "en"), ())), NOBODY, edition=1)

    assert "הקנייה לא הושלמה" in hebrew
    assert "<li>" in english
    assert "<li>" not in elsewhere


async def test_one_who_leaves_takes_the_drawing_from_nobody(database: Database) -> None:
    await a_waiting_task(database)
    lists = WaitingLists(RuleLibrary())
    leaving = asyncio.create_task(lists.drawn(database, SALES, NOBODY, edition=1))
    staying = asyncio.create_task(lists.drawn(database, SALES, NOBODY, edition=1))
    await asyncio.sleep(0)

    leaving.cancel()

    assert "<li>" in await staying


async def test_what_suits_leads_by_promise_and_then_by_rank(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        agent = await an_agent(session, languages=("he-IL", "en"), skills=("cards",))
        late = await a_task(session, due_in=-SOON, promised=True, priority=0)
        urgent = await a_task(session, priority=90)
        usual = await a_task(session, skills=("cards",), language="he")
        await a_task(session, skills=("loans",))
        await a_task(session, language="fr")

        seen = await waiting_for(
            session,
            await sight_of(session, agent),
            rules=RuleLibrary(),
            language="en",
            now=await database.clock.now(session),
        )

    assert [each.task.id for each in seen.first] == [late.id, urgent.id, usual.id]


async def test_what_is_kept_for_another_agent_is_neither_listed_nor_counted(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        keeper = await an_agent(session)
        now = await database.clock.now(session)
        await a_task(session)
        await a_task(session, preferred_agent=keeper.id, preferred_until=now + timedelta(minutes=5))
        await a_task(session, preferred_agent=keeper.id, preferred_until=now - timedelta(seconds=1))
    lists = WaitingLists(RuleLibrary())

    theirs = await lists.drawn(database, SALES, keeper.id, edition=1)
    others = await lists.drawn(database, SALES, NOBODY, edition=1)

    assert (theirs.count("<li>"), others.count("<li>")) == (3, 2)
    assert ('<span class="badge plain">3</span>' in theirs, '<span class="badge plain">2</span>' in others) == (True, True)


async def test_a_long_list_says_how_many_there_are_in_truth(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        for _ in range(53):
            await a_task(session)
        keeper = await an_agent(session)
        later = await database.clock.now(session) + timedelta(minutes=5)
        await a_task(session, preferred_agent=keeper.id, preferred_until=later)
        await a_task(session, language="fr")
        await a_task(session, skills=("loans",))

    drawn = await WaitingLists(RuleLibrary()).drawn(database, SALES, NOBODY, edition=1)

    assert drawn.count("<li>") == 50
    assert '<span class="badge plain">53</span>' in drawn
    assert "These are the first 50 of 53." in drawn


async def a_waiting_task(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await a_task(session)
