"""A message that went instead of a call is told of: in the results, and on the customer's page."""

from typing import Any

from sqlmodel import select

from orchestrator.detection.tables import MomentRow
from orchestrator.insights.funnel import Loss, funnels
from orchestrator.insights.placing import Stage
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
