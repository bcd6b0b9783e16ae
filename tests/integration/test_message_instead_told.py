"""A message that went instead of a call is told of: in explanations, in the results, on the customer's page."""

from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select

from orchestrator.detection.tables import MomentRow
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import explain
from orchestrator.insights.funnel import Loss, funnels
from orchestrator.insights.placing import Stage
from orchestrator.intake.tables import CustomerRow
from orchestrator.queueing.roster import ensure_queue
from orchestrator.storage.database import Database
from tests.integration import intake_world
from tests.integration.console_floor import a_browser
from tests.integration.escalation_world import RealClock, World
from tests.integration.intake_world import ago, an_event
from tests.integration.test_escalation_races import awake_zone
from tests.integration.test_messages_instead import CHEAP


async def found(database: Database, *, attributes: dict[str, Any], text: str = CHEAP) -> MomentRow:
    """Find a moment that is not worth a call."""
    world = intake_world.World.on(database)
    await world.publish(text)
    async with database.transaction() as session:
        await ensure_queue(session, "sales", who="test", now=ago())
    known = {"phone": "+972527654321", "zone": awake_zone(), "language": "en", **attributes}
    await world.send(an_event("customer.updated", at=ago(seconds=9), **known))
    await world.send(an_event("checkout.started", cart="a", total=60))
    return await the_moment(database)


async def the_moment(database: Database) -> MomentRow:
    async with database.transaction() as session:
        return (await session.exec(select(MomentRow))).one()


async def brought_on(database: Database, moment: MomentRow) -> World:
    world = World(database, RealClock())
    assert moment.escalation_id is not None
    await world.run(moment.escalation_id)
    return world


async def sentences(database: Database, language: Language = Language.ENGLISH) -> list[str]:
    library = intake_world.World.on(database).library
    async with database.transaction() as session:
        customer = (await session.exec(select(CustomerRow))).one()
        (answer,) = await explain(session, customer, library, at=await database.clock.now(session))
    return answer.sentences(language, ZoneInfo("UTC"))


async def test_that_a_message_went_instead_is_said_with_the_figures(database: Database) -> None:
    moment = await found(database, attributes={})
    before = await sentences(database)
    world = await brought_on(database, moment)

    after, hebrew = await sentences(database), await sentences(database, Language.HEBREW)

    assert "A message was still to go instead." in before
    assert moment.escalation_id is not None
    (message,) = await world.messages(moment.escalation_id)
    at = next(each for each in after if each.startswith("A message went instead at "))
    assert f"{message.submitted_at:%H:%M:%S}" in at
    worth = after[after.index(at) - 1]
    assert [figure in worth for figure in ("15", "60", "18")] == [True] * 3
    assert any(each.startswith("במקומה נשלחה הודעה") for each in hebrew)


async def test_why_no_message_went_is_said(database: Database) -> None:
    moment = await found(database, attributes={"consent": {"sms": False}})
    await brought_on(database, moment)

    told = await sentences(database)

    assert "No message went instead: this customer may not be written to, or has no number." in told


async def test_a_rule_without_a_message_says_no_more_than_before(database: Database) -> None:
    await found(database, attributes={}, text=CHEAP.replace(", {message: {template: finish-link}}", ""))

    assert not any("instead" in each for each in await sentences(database))


async def test_the_funnel_has_a_line_of_its_own_for_it(database_url: str, database: Database) -> None:
    moment = await found(database, attributes={})
    period = {"since": ago(hours=1), "until": ago(hours=-1)}
    async with database.transaction() as session:
        [before] = await funnels(session, **period)
    await brought_on(database, moment)

    async with database.transaction() as session:
        [after] = await funnels(session, **period)
    async with a_browser(database_url, database) as supervisor:
        shown = (await supervisor.open("/console/results")).text
        customer = (await supervisor.open(f"/console/customers/{moment.customer_id}")).text

    assert before.losses == (Loss(Stage.SEEN, "message_due", 1),)
    assert after.losses == (Loss(Stage.SEEN, "message_instead", 1),)
    assert "A call was not worth it: a message went instead" in shown
    assert "finish-link" in customer
