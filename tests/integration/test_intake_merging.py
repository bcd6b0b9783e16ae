"""Two ids turn out to be one customer: what was found, watched, promised and opened for either becomes one."""

import asyncio

import pytest
from sqlmodel import col, select

from orchestrator.detection.tables import MomentStatus, WindowRow
from orchestrator.escalations.states import Outcome
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.storage.database import Database
from tests.integration.intake_world import CART, COMPLAINT, World, ago, an_event

LOST = """
rule: lost
moment: lost
detect: {score: {events: [{type: help.searched}], within: 1h, threshold: 3}}
steps: [{callback: {queue: service}}]
expires: 24h
"""
SILENT = """
rule: silent
moment: silent
detect: {absence: {start: [{type: chat.started}], until: [{type: chat.ended}], within: 20m}}
steps: [{callback: {queue: service}}]
expires: 24h
"""


@pytest.fixture
async def world(database: Database) -> World:
    world = World.on(database)
    await world.publish(CART, COMPLAINT, LOST, SILENT)
    return world


def identified(subject: str, other: str, **span: float) -> dict[str, object]:
    return an_event("customer.identified", subject, at=ago(**span), anonymous_id=other)


async def test_events_attributes_and_counts_merge(world: World) -> None:
    await world.send(
        an_event("customer.updated", "device", at=ago(minutes=9), data={"language": "he", "name": "?"}),
        an_event("customer.updated", "ann", at=ago(minutes=9), data={"name": "Ann"}),
        an_event("help.searched", "device", at=ago(minutes=8)),
        an_event("help.searched", "ann", at=ago(minutes=7)),
    )

    await world.send(identified("ann", "device", minutes=5))
    await world.send(an_event("help.searched", "device", at=ago(minutes=1)))

    customer = await world.customer("device")
    assert customer.id == (await world.customer("ann")).id
    assert customer.attributes == {"language": "he", "name": "Ann"}
    (moment,) = await world.moments("ann")
    assert (moment.rule, moment.key, len(moment.evidence)) == ("lost", "ann", 3)
    owners = {event.customer_id for event in await world.rows(select(EventRow))}
    assert owners == {customer.id}
    assert await world.rows(select(WindowRow)) == []


async def test_an_open_watch_goes_on_under_the_customer_that_is_kept(world: World) -> None:
    await world.send(
        an_event("checkout.started", "device", at=ago(minutes=9), cart_id="c1"),
        an_event("chat.started", "device", at=ago(minutes=9)),
    )

    await world.send(identified("ann", "device", minutes=5))

    customer = await world.customer("ann")
    watches = {watch.key: watch.customer_id for watch in await world.watches()}
    assert watches == {"c1": customer.id, "ann": customer.id}
    await world.send(an_event("checkout.completed", "ann", at=ago(minutes=1), cart_id="c1"))
    assert [watch.key for watch in await world.watches()] == ["ann"]


async def test_of_two_open_escalations_the_older_goes_on_with_the_moments_of_both(world: World) -> None:
    await world.send(an_event("complaint.filed", "device", id="first", at=ago(minutes=9)))
    await world.send(an_event("complaint.filed", "ann", id="second", at=ago(minutes=8)))

    await world.send(identified("ann", "device", minutes=5))

    older, younger = await world.escalations("ann")
    moments = await world.moments("ann")
    assert older.outcome is None
    assert (younger.outcome, younger.reasons, younger.canceled_reason) == (Outcome.CANCELED, ["merged"], "merged")
    assert [(moment.key, moment.escalation_id) for moment in moments] == [("first", older.id), ("second", older.id)]
    assert {moment.status for moment in moments} == {MomentStatus.LIVE}


async def test_a_late_identification_merges_what_was_counted_apart(world: World) -> None:
    await world.send(an_event("help.searched", "device", at=ago(minutes=9)))
    await world.send(an_event("help.searched", "ann", at=ago(minutes=7)))
    await world.send(an_event("help.searched", "ann", at=ago(minutes=5)))
    assert await world.moments("ann") == []

    await world.send(identified("ann", "device", minutes=8))

    (moment,) = await world.moments("device")
    assert (moment.rule, moment.key, len(moment.evidence)) == ("lost", "ann", 3)
    assert moment.customer_id == (await world.customer("ann")).id


async def test_an_earlier_identification_that_comes_late_decides_which_id_is_kept(world: World) -> None:
    await world.send(
        an_event("chat.started", "ann", at=ago(hours=2)),
        an_event("chat.started", "device", at=ago(hours=2)),
        identified("device", "ann", minutes=30),
    )
    assert (await world.customer("ann")).subject == "device"

    await world.send(identified("ann", "device", minutes=40))

    customer = await world.customer("device")
    assert customer.subject == "ann"
    assert {moment.key for moment in await world.moments("ann")} == {"ann"}


async def test_many_ids_at_once_become_one_customer(world: World) -> None:
    subjects = [f"device-{number}" for number in range(12)]
    await asyncio.gather(*(world.send(an_event("complaint.filed", subject, at=ago(minutes=9))) for subject in subjects))

    await asyncio.gather(*(world.send(identified("ann", subject, minutes=5)) for subject in subjects))

    customer = await world.customer("ann")
    (kept,) = await world.rows(select(CustomerRow).where(col(CustomerRow.merged_into).is_(None)))
    assert kept.id == customer.id
    assert len(await world.open_escalations()) == 1
    assert {moment.customer_id for moment in await world.moments(None)} == {customer.id}
    assert len(await world.moments("ann")) == 12


async def test_an_identification_and_events_of_both_in_one_batch(world: World) -> None:
    await world.send(
        an_event("help.searched", "device", at=ago(minutes=9)),
        an_event("complaint.filed", "device", id="e1", at=ago(minutes=8)),
        identified("ann", "device", minutes=7),
        an_event("help.searched", "ann", at=ago(minutes=6)),
        an_event("help.searched", "device", at=ago(minutes=5)),
    )

    complaint, lost = await world.moments("ann")
    assert (complaint.rule, lost.rule, lost.verdict) == ("complaint", "lost", "joined")
    assert len(await world.open_escalations()) == 1


async def test_a_late_identification_withdraws_what_the_other_id_had_satisfied(world: World) -> None:
    await world.send(an_event("checkout.completed", "device", at=ago(minutes=50), cart_id="c1"))
    await world.send(an_event("checkout.started", "ann", at=ago(minutes=60), cart_id="c1"))
    assert len(await world.moments("ann")) == 1

    await world.send(identified("ann", "device", minutes=70))

    assert await world.moments("ann") == []
    (escalation,) = await world.escalations("ann")
    assert escalation.outcome is Outcome.RESOLVED_BY_CUSTOMER
