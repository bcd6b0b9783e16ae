"""Words that a supervisor writes are those the customer hears and reads, and every change has its line."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from sqlmodel import col, select

from orchestrator.detection.library import RuleLibrary
from orchestrator.escalations.words import Language
from orchestrator.identity.tables import ChangeRow
from orchestrator.insights.why_card import Reader, why_card
from orchestrator.queueing import assisting
from orchestrator.storage.database import Database
from orchestrator.telephony.tables import Leg
from orchestrator.wording.changing import WordsRefused, restore_script, restore_template, save_script, save_template
from orchestrator.wording.checking import Fault
from orchestrator.wording.shipped import Script, shipped_script, shipped_template
from orchestrator.wording.tables import ScriptRow, TemplateRow
from tests.integration.escalation_world import HandClock, World, some_settings
from tests.integration.floor import a_queue, a_task
from tests.integration.test_desk_domain import in_hand, noon_somewhere

EN, HE = Language.ENGLISH, Language.HEBREW
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)
CHECKOUT = {EN: Script("your basket", "Shall we finish?"), HE: Script("הסל שלך", "נסיים יחד?")}
LINK = {EN: "{who}: go on with {about}. STOP ends this.", HE: "{who}: אפשר להמשיך עם {about}. להסרה STOP."}
CALL = "[{call: {queue: sales, script: checkout}}, {message: {template: finish-link}}]"


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    clock = HandClock()
    database = Database(database_url, pool_size=5, clock=clock)
    yield World(database, clock, some_settings(organisation="Acme"))
    await database.close()


async def write_script(database: Database, words: dict[Language, Script], name: str = "checkout") -> None:
    async with database.transaction() as session:
        await save_script(session, name, words, who="test", now=NOW)


async def write_template(database: Database, name: str, words: dict[Language, str]) -> None:
    async with database.transaction() as session:
        await save_template(session, name, words, who="test", now=NOW)


async def changes(database: Database) -> list[ChangeRow]:
    async with database.transaction() as session:
        return list((await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all())


async def a_message_of(world: World, template: str, **attributes: object) -> str:
    """What the carrier is given when a plan sends this template."""
    await world.rule(steps=f"[{{call: {{queue: sales, script: checkout}}}}, {{message: {{template: {template}}}}}]")
    await world.floor()
    customer = await world.customer(**attributes)
    await world.moment(customer)
    await world.run((await world.escalation(customer)).id)
    (order,) = world.carrier.sent
    return order.body


async def test_a_changed_script_is_what_the_call_is_about(world: World) -> None:
    await write_script(world.database, CHECKOUT)
    await world.rule(steps=CALL)
    await world.floor()
    customer = await world.customer(consent={"voice_recorded": True}, language="he")
    await world.moment(customer)
    case = await world.escalation(customer)

    await world.run(case.id)

    (leg,) = await world.attempts(case.id, Leg.CUSTOMER)
    assert (leg.script, leg.language, leg.about) == ("checkout", "he", "הסל שלך")


async def test_a_changed_script_opens_the_agents_talk(database: Database) -> None:
    await write_script(database, CHECKOUT)
    async with database.transaction() as session:
        await a_queue(session)
        task = await a_task(session)
        task.script = "checkout"
        session.add(task)

    async with database.transaction() as session:
        shown = await why_card(session, task, Reader("Dana", EN, "Acme"), rules=RuleLibrary(), now=datetime.now(UTC))

    assert shown.opening == "Hello Noa Levi, this is Dana from Acme. Shall we finish?"


@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", "Acme: go on with your basket. STOP ends this."), ("he", "Acme: אפשר להמשיך עם הסל שלך. להסרה STOP.")],
)
async def test_a_changed_template_is_what_the_customer_reads(world: World, language: str, expected: str) -> None:
    await write_template(world.database, "finish-link", LINK)
    await write_script(world.database, CHECKOUT)

    assert await a_message_of(world, "finish-link", language=language) == expected


async def test_a_template_of_ones_own_is_sent_by_its_name(world: World) -> None:
    await write_template(world.database, "of-our-own", LINK)

    assert await a_message_of(world, "of-our-own") == "Acme: go on with the order you began. STOP ends this."


async def test_a_template_without_words_says_what_general_words_say_now(world: World) -> None:
    await write_template(world.database, "reach-us", LINK)

    assert (await a_message_of(world, "nobody-wrote-this")).startswith("Acme: go on")


async def test_a_message_named_like_a_promise_has_no_time_to_name(world: World) -> None:
    await write_template(world.database, "promise", {EN: "We will call {when}.", HE: "נתקשר {when}."})

    assert "We tried to reach you" in await a_message_of(world, "promise")


async def test_the_agents_link_says_the_changed_words(database: Database, database_url: str) -> None:
    settings = some_settings(organisation="Acme", database_url=database_url)
    hold = await in_hand(database, settings, zone=noon_somewhere())
    await write_template(database, "finish-link", LINK)

    async with database.transaction() as session:
        sent = await assisting.send_link(session, hold, clock=database.clock, settings=settings)

    assert sent.body.startswith("Acme: go on with ")


async def test_a_promise_is_made_in_the_changed_words(world: World) -> None:
    words = {EN: "{who} will ring you {when}, for sure.", HE: "{who}: נתקשר {when}, בטוח."}
    await write_template(world.database, "promise", words)
    await world.rule(steps="[{callback: {queue: sales, due: 30m, tell: sms}}]")
    await world.floor()
    customer = await world.customer()
    await world.moment(customer)
    case = await world.escalation(customer)

    await world.run(case.id)

    (promise,) = await world.promises(case.id)
    assert promise.words == "Acme will ring you by 12:30, for sure."
    assert [order.body for order in world.carrier.sent] == [promise.words]


async def test_what_is_restored_is_what_we_ship(world: World) -> None:
    shipped = shipped_template("finish-link")
    assert shipped is not None
    await write_template(world.database, "finish-link", LINK)
    await write_script(world.database, CHECKOUT)

    async with world.database.transaction() as session:
        await restore_template(session, "finish-link", who="test", now=NOW)
        await restore_script(session, "checkout", who="test", now=NOW)

    async with world.database.transaction() as session:
        assert (await session.exec(select(ScriptRow))).all() == []
    assert await a_message_of(world, "finish-link") == shipped[EN]


async def test_each_change_is_written_down_with_what_was_before(database: Database) -> None:
    shipped = shipped_script("checkout")
    assert shipped is not None
    again = CHECKOUT | {EN: Script("your cart", "Shall we?")}
    await write_script(database, CHECKOUT)
    await write_script(database, again)
    await write_script(database, again)  # nothing new: no line
    async with database.transaction() as session:
        await restore_script(session, "checkout", who="test", now=NOW)
        await restore_script(session, "checkout", who="test", now=NOW)

    lines = await changes(database)

    assert [line.what for line in lines] == ["script.changed", "script.changed", "script.restored"]
    assert {line.subject for line in lines} == {"checkout"}
    assert [(line.before or {})["about_en"] for line in lines] == [shipped[EN].about, "your basket", "your cart"]
    assert [(line.after or {})["about_en"] for line in lines] == ["your basket", "your cart", shipped[EN].about]


async def test_words_of_ones_own_come_from_nothing_and_go_to_nothing(database: Database) -> None:
    await write_template(database, "of-our-own", LINK)
    async with database.transaction() as session:
        await restore_template(session, "of-our-own", who="test", now=NOW)

    first, last = await changes(database)

    assert (first.before, first.after) == (None, {"body_en": LINK[EN], "body_he": LINK[HE]})
    assert (last.what, last.before, last.after) == ("template.restored", first.after, None)


async def test_the_shipped_words_are_not_written_over_themselves(database: Database) -> None:
    script, template = shipped_script("checkout"), shipped_template("promise")
    assert script is not None
    assert template is not None
    await write_script(database, dict(script))
    await write_template(database, "promise", {EN: "Soon: {when}.", HE: "בקרוב: {when}."})
    await write_template(database, "promise", dict(template))

    async with database.transaction() as session:
        assert (await session.exec(select(ScriptRow))).all() == []
        assert (await session.exec(select(TemplateRow))).all() == []
    assert [line.what for line in await changes(database)] == ["template.changed", "template.restored"]


async def test_nothing_is_saved_while_one_language_is_wrong(database: Database) -> None:
    with pytest.raises(WordsRefused) as refused:
        await write_template(database, "finish-link", LINK | {HE: "בלי דרך החוצה"})

    assert (refused.value.field, refused.value.faults["body_he"].fault) == ("body_he", Fault.STOP)
    async with database.transaction() as session:
        assert (await session.exec(select(TemplateRow))).all() == []
    assert await changes(database) == []


async def test_two_who_save_at_once_both_stand_in_the_audit(database: Database) -> None:
    one = {EN: Script("one", "One."), HE: Script("אחת", "אחת.")}
    other = {EN: Script("other", "Other."), HE: Script("אחרת", "אחרת.")}

    await asyncio.gather(write_script(database, one, "new"), write_script(database, other, "new"))

    async with database.transaction() as session:
        rows = (await session.exec(select(ScriptRow))).all()
    assert {row.about for row in rows} in ({"one", "אחת"}, {"other", "אחרת"})
    first, second = await changes(database)
    assert (first.before, second.before) == (None, first.after)
