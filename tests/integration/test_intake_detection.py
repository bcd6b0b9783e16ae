"""Events in, moments and escalations out: on real PostgreSQL, in one transaction, whatever the order."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.acting import Policy
from orchestrator.detection.live import settle_watch
from orchestrator.detection.tables import ExpressionErrorRow, Mode, MomentStatus, WatchStatus
from orchestrator.escalations.states import Outcome, State
from orchestrator.intake.accept import EventVerdict
from orchestrator.intake.tables import CustomerRow, EventRow
from orchestrator.rule_life.states import pause, resume, retire
from orchestrator.storage.database import Database
from orchestrator.storage.outbox import OutboxRow, Topic, watch_workflow_id
from tests.integration.intake_world import CART, COMPLAINT, World, ago, an_event


@pytest.fixture
async def world(database: Database) -> World:
    world = World.on(database)
    await world.publish(CART, COMPLAINT)
    return world


async def test_a_moment_opens_an_escalation_in_the_transaction_of_its_event(world: World) -> None:
    await world.send(an_event("complaint.filed", at=ago(seconds=1)))

    (escalation,) = await world.escalations()
    (moment,) = await world.moments()
    assert (escalation.state, escalation.rule, escalation.version) == (State.OPEN, "complaint", 1)
    assert (moment.verdict, moment.escalation_id, moment.not_before) == ("escalate", escalation.id, None)
    started = await world.rows(select(OutboxRow).where(OutboxRow.topic == Topic.START_ESCALATION))
    assert [row.payload for row in started] == [{"escalation_id": str(escalation.id)}]


async def test_the_second_copy_of_an_event_changes_nothing(world: World) -> None:
    event = an_event("complaint.filed", at=ago(seconds=1))
    await world.send(event)

    (answer,) = await world.send(event)

    assert answer.verdict is EventVerdict.DUPLICATE
    assert len(await world.moments()) == 1


async def test_a_copy_that_differs_is_counted_and_changes_nothing(world: World) -> None:
    event = an_event("complaint.filed", at=ago(seconds=1), text="Bad")
    await world.send(event)

    await world.send({**event, "data": {"text": "Worse"}})
    await world.send(event, {**event, "data": {"text": "Worst"}})

    (stored,) = await world.rows(select(EventRow))
    assert stored.data == {"text": "Bad"}
    assert stored.conflicting_copies == 2


async def test_a_copy_without_a_time_is_the_same_whenever_it_comes(world: World) -> None:
    event = an_event("complaint.filed", id="e1")
    await world.send(event)

    await world.send(event)

    (stored,) = await world.rows(select(EventRow))
    assert stored.conflicting_copies == 0
    assert stored.time <= stored.received_at


async def test_a_hundred_parallel_copies_make_one_event_and_one_escalation(world: World) -> None:
    event = an_event("complaint.filed", at=ago(seconds=1))

    answers = await asyncio.gather(*(world.send(event) for _ in range(100)))

    verdicts = [answer.verdict for (answer,) in answers]
    assert verdicts.count(EventVerdict.ACCEPTED) == 1
    assert verdicts.count(EventVerdict.DUPLICATE) == 99
    assert len(await world.rows(select(EventRow))) == 1
    assert len(await world.escalations()) == 1


async def test_a_hundred_moments_at_once_are_one_open_escalation(world: World) -> None:
    events = [an_event("complaint.filed", at=ago(seconds=1)) for _ in range(100)]

    await asyncio.gather(*(world.send(event) for event in events))

    (escalation,) = await world.open_escalations()
    moments = await world.moments()
    assert len(moments) == 100
    assert {moment.escalation_id for moment in moments} == {escalation.id}
    assert sorted(moment.verdict for moment in moments) == ["escalate"] + ["joined"] * 99


async def test_many_customers_of_crossing_batches_are_taken_in_without_a_deadlock(world: World) -> None:
    subjects = [f"customer-{number}" for number in range(30)]
    batches = [[an_event(subject=subject, at=ago(seconds=1)) for subject in order] for order in (subjects, subjects[::-1])]

    await asyncio.gather(*(world.send(*batch) for batch in batches for _ in range(3)))

    assert len(await world.rows(select(EventRow))) == 60
    assert len(await world.rows(select(CustomerRow))) == 30
    assert len(await world.open_escalations()) == 30


async def test_a_resolution_takes_the_moment_away_and_closes_the_escalation(world: World) -> None:
    await world.send(an_event("complaint.filed", id="e1", at=ago(seconds=9)))

    await world.send(an_event("complaint.withdrawn", id="e1", source="/elsewhere", at=ago(seconds=2)))

    (moment,) = await world.moments()
    (escalation,) = await world.escalations()
    assert moment.status is MomentStatus.RESOLVED
    assert escalation.outcome is Outcome.RESOLVED_BY_CUSTOMER


async def test_within_one_batch_things_happen_in_the_order_of_their_times(world: World) -> None:
    await world.send(
        an_event("complaint.filed", id="second", at=ago(seconds=3)),
        an_event("contact.inbound", at=ago(seconds=5)),
        an_event("complaint.filed", id="first", at=ago(seconds=8)),
    )

    first, second = await world.moments()
    assert (first.key, first.status) == ("first", MomentStatus.ENDED)
    assert (second.key, second.status, second.verdict) == ("second", MomentStatus.LIVE, "escalate")
    assert len(await world.escalations()) == 2
    assert len(await world.open_escalations()) == 1


async def test_contact_with_a_person_ends_all_moments_and_is_remembered(world: World) -> None:
    await world.send(an_event("complaint.filed", at=ago(seconds=9)))
    contact = ago(seconds=2)

    await world.send(an_event("contact.inbound", at=contact))

    (escalation,) = await world.escalations()
    assert escalation.outcome is Outcome.RESOLVED_BY_CUSTOMER
    assert (await world.customer()).last_contact_at == contact


async def test_an_open_watch_is_a_row_and_one_word_to_its_workflow(world: World) -> None:
    started = ago(minutes=1)

    await world.send(an_event("checkout.started", at=started, cart_id="c1"))

    (watch,) = await world.watches()
    (owed,) = await world.rows(select(OutboxRow))
    assert watch.deadline == watch.armed == started + timedelta(minutes=20)
    assert (owed.topic, owed.workflow_id, owed.slow) == (Topic.START_WATCH, watch_workflow_id(watch.id), True)


async def test_a_later_deadline_and_a_satisfaction_say_nothing_to_the_workflow(world: World) -> None:
    await world.send(an_event("checkout.started", at=ago(minutes=9), cart_id="c1"))

    await world.send(an_event("checkout.updated", at=ago(minutes=3), cart_id="c1"))
    (moved,) = await world.watches()
    await world.send(an_event("checkout.completed", at=ago(minutes=1), cart_id="c1"))

    assert moved.deadline > moved.armed
    assert await world.watches() == []
    assert [watch.id for watch in await world.watches(WatchStatus.SATISFIED)] == [moved.id]
    assert len(await world.rows(select(OutboxRow))) == 1


RENEWAL = """
rule: renewal
moment: renewal
purpose: service
detect:
  absence:
    start: [{type: "contract.*"}]
    until: [{type: contract.cancelled}]
    due: {at: event.data.ends_at, before: 30d}
    key: event.data.contract
steps: [{callback: {queue: sales}}]
expires: 24h
"""


async def test_a_deadline_that_moves_earlier_is_told_at_once(world: World) -> None:
    await world.publish(RENEWAL)
    await world.send(an_event("contract.started", at=ago(minutes=9), contract="k", ends_at="2099-12-31"))

    await world.send(an_event("contract.changed", at=ago(minutes=5), contract="k", ends_at="2098-12-31"))

    (watch,) = await world.watches()
    topics = [row.topic for row in await world.rows(select(OutboxRow).order_by(col(OutboxRow.seq)))]
    assert watch.deadline == watch.armed
    assert topics == [Topic.START_WATCH, Topic.HINT_WATCH]


async def test_a_watch_whose_deadline_passed_fires_when_it_is_settled_and_only_once(world: World) -> None:
    await world.send(an_event("checkout.started", at=ago(seconds=1199), cart_id="c1"))
    (watch,) = await world.watches()
    clock = Later(timedelta(seconds=30))

    first, second = [await _settle(world, watch.id, clock) for _ in range(2)]

    assert first is second is None
    (moment,) = await world.moments()
    assert (moment.at, moment.key, moment.verdict) == (watch.deadline, "c1", "escalate")
    assert [row.status for row in await world.watches(WatchStatus.FIRED)] == [WatchStatus.FIRED]


async def test_a_watch_that_moved_meanwhile_says_until_when(world: World) -> None:
    await world.send(an_event("checkout.started", at=ago(minutes=9), cart_id="c1"))
    await world.send(an_event("checkout.updated", at=ago(minutes=3), cart_id="c1"))
    (watch,) = await world.watches()

    moved = await _settle(world, watch.id, Later())

    (settled,) = await world.watches()
    assert moved == watch.deadline == settled.armed


async def test_a_deadline_long_past_fires_after_the_last_event_of_the_batch(world: World) -> None:
    await world.send(
        an_event("checkout.started", at=ago(hours=3), cart_id="gone"),
        an_event("checkout.started", at=ago(hours=2), cart_id="bought"),
        an_event("checkout.completed", at=ago(minutes=110), cart_id="bought"),
    )

    (moment,) = await world.moments()
    assert moment.key == "gone"
    assert moment.not_before is not None
    assert moment.not_before - moment.found_at == timedelta(seconds=60)


async def test_a_late_completion_withdraws_the_moment_and_closes_its_escalation(world: World) -> None:
    await world.send(an_event("checkout.started", at=ago(minutes=40), cart_id="c1"))
    (found,) = await world.moments()

    await world.send(an_event("checkout.completed", at=ago(minutes=30), cart_id="c1"))

    (escalation,) = await world.escalations()
    assert await world.moments() == []
    assert escalation.id == found.escalation_id
    assert escalation.outcome is Outcome.RESOLVED_BY_CUSTOMER


async def test_a_late_touch_moves_a_moment_that_had_fired(world: World) -> None:
    await world.send(an_event("checkout.started", at=ago(minutes=60), cart_id="c1"))
    (before,) = await world.moments()

    await world.send(an_event("checkout.updated", at=before.at - timedelta(minutes=5), cart_id="c1"))

    (after,) = await world.moments()
    assert after.at == before.at + timedelta(minutes=15)
    assert after.not_before is not None
    assert len(await world.open_escalations()) == 1


async def test_a_late_event_of_another_matter_leaves_what_was_found(world: World) -> None:
    await world.send(an_event("checkout.started", at=ago(minutes=60), cart_id="c1"))
    (before,) = await world.moments()

    await world.send(an_event("complaint.filed", at=ago(minutes=50)))

    complaint, cart = await world.moments()
    assert (cart.id, cart.status) == (before.id, MomentStatus.LIVE)
    assert (complaint.rule, complaint.verdict) == ("complaint", "joined")
    assert complaint.not_before is not None


async def test_a_late_contact_ends_what_was_found_before_it_and_nothing_after(world: World) -> None:
    await world.send(an_event("complaint.filed", id="before", at=ago(minutes=50)))
    await world.send(an_event("complaint.filed", id="after", at=ago(minutes=10)))

    await world.send(an_event("contact.inbound", at=ago(minutes=30)))

    before, after = await world.moments()
    assert (before.key, before.status) == ("before", MomentStatus.ENDED)
    assert (after.key, after.status) == ("after", MomentStatus.LIVE)
    assert len(await world.open_escalations()) == 1


async def test_an_event_later_than_a_day_is_stored_and_not_detected(world: World) -> None:
    await world.send(an_event("complaint.filed", at=ago(hours=25)))

    (stored,) = await world.rows(select(EventRow))
    assert stored.detected is False
    assert await world.moments() == []


async def test_history_is_folded_into_the_customer_and_not_detected(world: World) -> None:
    await world.send(
        an_event("customer.updated", at=ago(days=3), data={"language": "he", "name": "Ann"}),
        an_event("complaint.filed", at=ago(minutes=1)),
        an_event("customer.updated", at=ago(days=2), data={"name": None}),
        history=True,
    )

    assert (await world.customer()).attributes == {"language": "he"}
    assert await world.moments() == []


async def test_attributes_follow_the_order_of_time(world: World) -> None:
    await world.send(an_event("customer.updated", at=ago(minutes=2), data={"language": "he", "id": "x", "zone": "No/Such"}))

    await world.send(an_event("customer.updated", at=ago(minutes=9), data={"language": "en", "phone": "not a number"}))

    # Invalid zones and numbers are kept as they came: the gates hold what depends on them, with a reason.
    assert (await world.customer()).attributes == {"language": "he", "phone": "not a number", "zone": "No/Such"}


async def test_an_opt_out_reported_by_a_channel_ends_all(world: World) -> None:
    await world.send(an_event("complaint.filed", at=ago(minutes=5)))

    await world.send(an_event("customer.updated", at=ago(minutes=1), data={"do_not_call": True}))

    (escalation,) = await world.escalations()
    (moment,) = await world.moments()
    assert escalation.outcome is Outcome.OPTED_OUT
    assert moment.status is MomentStatus.ENDED


async def test_an_opt_out_on_the_telephone_survives_a_late_event(world: World) -> None:
    await world.send(an_event("customer.updated", at=ago(minutes=5), data={"language": "he"}))
    async with world.database.transaction() as session:
        customer = (await session.exec(select(CustomerRow))).one()
        customer.attributes = {**customer.attributes, "do_not_call": True}
        session.add(customer)

    await world.send(an_event("customer.updated", at=ago(minutes=9), data={"name": "Ann"}))

    assert (await world.customer()).attributes == {"language": "he", "name": "Ann", "do_not_call": True}


async def test_an_expression_that_fails_is_counted_with_a_sample(world: World) -> None:
    for number in range(3):
        await world.send(an_event("checkout.started", id=f"e{number}", at=ago(seconds=9 - number), total=1))

    (failure,) = await world.rows(select(ExpressionErrorRow))
    assert (failure.rule, failure.version, failure.count) == ("incomplete-checkout", 1, 3)
    assert failure.place == "detect.absence.key"
    assert (failure.sample_source, failure.sample_id) == ("/test", "e2")


class TestPublishing:
    async def test_a_first_version_sees_what_arrives_after_it_even_through_late_events(self, world: World) -> None:
        await world.send(an_event("sale.opened", at=ago(minutes=50), sale="s"))
        await world.publish(SALE)

        await world.send(an_event("sale.touched", at=ago(minutes=45), sale="s"))

        assert await world.moments(None) == []

    async def test_a_new_version_takes_over_an_open_watch_with_its_deadline(self, world: World) -> None:
        await world.send(an_event("checkout.started", at=ago(minutes=9), cart_id="c1"))
        (before,) = await world.watches()

        (published,) = await world.publish(CART.replace("within: 20m", "within: 30m"))
        touched = ago(minutes=1)
        await world.send(an_event("checkout.updated", at=touched, cart_id="c1"))

        (after,) = await world.watches()
        assert (published.version, published.dropped, published.begins_to_dial) == (2, 0, False)
        assert (after.id, after.version) == (before.id, 2)
        assert after.deadline == touched + timedelta(minutes=30)

    async def test_a_version_of_another_kind_drops_open_watches_and_counts_them(self, world: World) -> None:
        await world.send(an_event("checkout.started", at=ago(minutes=9), cart_id="c1"))

        (published,) = await world.publish(COMPLAINT.replace("rule: complaint", "rule: incomplete-checkout"))

        assert published.dropped == 1
        assert await world.watches() == []

    async def test_the_same_content_is_the_same_version(self, world: World) -> None:
        (published,) = await world.publish(CART + "\n# said otherwise\n")

        assert (published.version, published.is_new_version) == (1, False)

    async def test_a_late_event_after_a_new_version_leaves_what_the_old_one_found(self, world: World) -> None:
        await world.send(an_event("checkout.started", at=ago(minutes=60), cart_id="c1"))
        (before,) = await world.moments()
        await world.publish(CART.replace("within: 20m", "within: 5m"))

        await world.send(an_event("complaint.filed", at=ago(minutes=50)))

        _, kept = await world.moments()
        assert kept.id == before.id

    async def test_a_paused_rule_detects_nothing_and_records_deadlines_that_pass(self, world: World) -> None:
        await world.send(an_event("checkout.started", at=ago(seconds=1199), cart_id="open"))
        async with world.database.transaction() as session:
            await pause(session, "incomplete-checkout", who="test", now=ago(seconds=0))
        (watch,) = await world.watches()

        await world.send(an_event("checkout.started", at=ago(minutes=30), cart_id="new"))
        await _settle(world, watch.id, Later(timedelta(seconds=30)))

        (moment,) = await world.moments()
        assert (moment.key, moment.verdict) == ("open", "suppressed:paused")
        assert await world.open_escalations() == []

    async def test_what_happened_while_a_rule_was_paused_is_not_called_about_after(self, world: World) -> None:
        await world.send(an_event("checkout.started", at=ago(minutes=9), cart_id="c1"))
        async with world.database.transaction() as session:
            await pause(session, "incomplete-checkout", who="test", now=ago(seconds=0))
        await world.send(an_event("checkout.completed", at=ago(minutes=2), cart_id="c1"))
        async with world.database.transaction() as session:
            await resume(session, "incomplete-checkout", who="test", now=ago(seconds=0))

        assert await world.watches() == []

    async def test_a_retired_rules_moments_still_resolve(self, world: World) -> None:
        await world.send(an_event("checkout.started", at=ago(minutes=30), cart_id="c1"))
        async with world.database.transaction() as session:
            await retire(session, "incomplete-checkout", who="test", now=ago(seconds=0))

        await world.send(an_event("checkout.started", at=ago(seconds=5), cart_id="c2"))
        await world.send(an_event("checkout.completed", at=ago(seconds=1), cart_id="c1"))

        (escalation,) = await world.escalations()
        assert escalation.outcome is Outcome.RESOLVED_BY_CUSTOMER
        assert await world.watches() == []

    async def test_a_shadow_records_and_contacts_nobody(self, database: Database) -> None:
        world = World.on(database)
        await world.load_shadow(COMPLAINT)

        await world.send(an_event("complaint.filed", id="e1", at=ago(seconds=5)))
        await world.send(an_event("complaint.filed", id="e2", at=ago(seconds=4)))

        first, second = await world.moments(mode=Mode.SHADOW)
        assert (first.verdict, second.verdict) == ("escalate", "joined")
        assert await world.escalations() == []

    async def test_publishing_a_shadow_names_it_and_starts_afresh(self, database: Database) -> None:
        world = World.on(database)
        await world.load_shadow(CART)
        await world.send(an_event("checkout.started", at=ago(minutes=9), cart_id="c1"))

        (published,) = await world.publish(CART)
        await world.send(an_event("checkout.updated", at=ago(minutes=1), cart_id="c1"))

        assert (published.version, published.begins_to_dial, published.dropped) == (1, True, 1)
        assert await world.watches() == []


SALE = """
rule: sale
moment: sale
detect: {absence: {start: [{type: sale.opened}], touch: [{type: sale.touched}], within: 10m, key: event.data.sale}}
steps: [{callback: {queue: sales}}]
expires: 24h
"""


class Later:
    """The machine's clock, so much ahead."""

    def __init__(self, ahead: timedelta = timedelta(0)) -> None:
        self._ahead = ahead

    async def now(self, session: AsyncSession) -> datetime:
        return ago(seconds=0) + self._ahead


async def _settle(world: World, watch_id: UUID, clock: Later) -> datetime | None:
    return await world.database.run(
        lambda session: settle_watch(session, world.library, watch_id, policy=Policy(), clock=clock)
    )
