"""Moments that late events brought, took away or gave to another id: kept, and told on the customer's timeline."""

from sqlmodel import select

from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_queue
from tests.integration.intake_world import CART, COMPLAINT, World, ago, an_event


async def a_world(database: Database) -> World:
    async with database.transaction() as session:
        await a_queue(session, "sales")
    world = World.on(database)
    await world.publish(CART, COMPLAINT)
    return world


async def timeline(world: World, database_url: str, *, locale: str = "en") -> str:
    async with a_browser(database_url, world.database, locale=locale) as browser:
        return (await browser.open(f"/console/customers/{(await world.customer()).id}")).text


async def the_moment(world: World) -> MomentRow:
    (row,) = await world.rows(select(MomentRow))
    assert isinstance(row, MomentRow)
    return row


async def test_a_moment_that_was_found_late_names_the_event_that_led_to_it(database_url: str, database: Database) -> None:
    world = await a_world(database)
    await world.send(an_event("checkout.started", at=ago(minutes=1), cart_id="c1"))

    await world.send(an_event("complaint.filed", id="late", at=ago(minutes=40)))

    assert (await the_moment(world)).found_by == "/test late"
    assert "Found late, on" in await timeline(world, database_url)


async def test_a_moment_that_was_found_in_time_names_none(database_url: str, database: Database) -> None:
    world = await a_world(database)

    await world.send(an_event("complaint.filed", at=ago(seconds=1)))

    assert (await the_moment(world)).found_by is None
    assert "Found late" not in await timeline(world, database_url)


async def test_a_moment_that_is_withdrawn_names_the_event_that_showed_it(database_url: str, database: Database) -> None:
    world = await a_world(database)
    await world.send(an_event("checkout.started", at=ago(minutes=30), cart_id="c1"))

    await world.send(an_event("checkout.completed", id="paid", at=ago(minutes=20), cart_id="c1"))

    row = await the_moment(world)
    assert (row.status, row.withdrawn_by) == (MomentStatus.WITHDRAWN, "/test paid")
    assert "a late event showed that this never was" in await timeline(world, database_url)
    assert "אירוע שהגיע באיחור הראה שלא היה רגע כזה" in await timeline(world, database_url, locale="he")


async def test_a_moment_that_began_under_another_id_says_so(database_url: str, database: Database) -> None:
    world = await a_world(database)
    await world.send(an_event("complaint.filed", "device", at=ago(seconds=9)))

    await world.send(an_event("customer.identified", "ann", at=ago(seconds=2), anonymous_id="device"))

    assert (await the_moment(world)).merged_at is not None
    assert "It began under another id" in await timeline(world, database_url)
