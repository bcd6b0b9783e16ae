"""A version tried in shadow beside the one in force: it finds what it would find, contacts nobody, and changes nothing else."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from orchestrator.detection.acting import Policy
from orchestrator.detection.backtest import run_backtest
from orchestrator.detection.library import raise_revision
from orchestrator.detection.live import settle_watch
from orchestrator.detection.rule_files import read_rule, read_rule_file
from orchestrator.detection.rulebook import Rulebook
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus, RuleRow, RuleState, WatchRow, WatchStatus, WindowRow
from orchestrator.rule_life import states
from orchestrator.rule_life.publishing import put_in_force, try_beside
from orchestrator.rule_life.versions import new_version, version_of
from orchestrator.storage.database import Database
from tests.integration.intake_world import CART, COMPLAINT, World, ago, an_event, as_event

EARLIER = CART.replace("within: 20m", "within: 10m")


@pytest.fixture
async def world(database: Database) -> World:
    return World.on(database)


async def tried(world: World, text: str) -> int:
    """Let a document run in shadow beside the version in force; return its number."""
    file = read_rule_file(text.encode(), name="test")
    async with world.database.transaction() as session:
        await raise_revision(session)
        now = await world.database.clock.now(session)
        version = await new_version(session, file, author="test", now=now)
        await try_beside(session, version, who="test", now=now)
        return version.version


async def promoted(world: World, rule: str, version: int) -> int:
    async with world.database.transaction() as session:
        await raise_revision(session)
        row, now = await version_of(session, rule, version), await world.database.clock.now(session)
        return (await put_in_force(session, row, RuleState.PUBLISHED, who="test", now=now)).dropped


def a_cart(minutes: float, cart: str = "c1") -> dict[str, Any]:
    return an_event("checkout.started", at=ago(minutes=minutes), cart_id=cart)


def verdicts(moments: list[MomentRow]) -> list[tuple[str, int, str]]:
    return [(row.rule, row.version, row.verdict) for row in moments]


async def test_both_versions_find_their_own_and_only_the_published_one_opens_a_case(world: World) -> None:
    await world.publish(CART)
    version = await tried(world, EARLIER)

    await world.send(a_cart(30))

    live, shadow = await world.moments(), await world.moments(mode=Mode.SHADOW)
    assert (verdicts(live), verdicts(shadow)) == (
        [("incomplete-checkout", 1, "escalate")],
        [("incomplete-checkout", version, "escalate")],
    )
    assert shadow[0].at == live[0].at - timedelta(minutes=10)
    assert [row.id for row in await world.escalations()] == [live[0].escalation_id]
    assert shadow[0].escalation_id is None


async def test_what_only_the_tried_version_finds_reaches_nobody(world: World) -> None:
    await world.publish(CART)
    await tried(world, EARLIER)

    await world.send(a_cart(15))

    assert (await world.moments(), await world.escalations()) == ([], [])
    assert verdicts(await world.moments(mode=Mode.SHADOW)) == [("incomplete-checkout", 2, "escalate")]


async def test_watches_of_the_two_are_kept_apart_and_each_is_settled_for_its_own(world: World) -> None:
    await world.publish(CART)
    await tried(world, EARLIER)

    await world.send(a_cart(5))
    open_ones = {row.mode: row for row in await world.watches()}
    await world.send(an_event("checkout.completed", at=ago(minutes=1), cart_id="c1"))

    span = open_ones[Mode.LIVE].deadline - open_ones[Mode.SHADOW].deadline
    assert (span, open_ones[Mode.LIVE].version, open_ones[Mode.SHADOW].version) == (timedelta(minutes=10), 1, 2)
    assert await world.watches() == []
    assert len(await world.watches(WatchStatus.SATISFIED)) == 2


async def test_a_deadline_of_the_tried_version_passes_by_its_own_workflow(world: World) -> None:
    await world.publish(CART)
    await tried(world, EARLIER)
    await world.send(a_cart(5))
    (watch,) = [row for row in await world.watches() if row.mode is Mode.SHADOW]
    async with world.database.transaction() as session:
        row = await session.get_one(WatchRow, watch.id)
        late = row.deadline - timedelta(minutes=20)
        row.deadline, row.state = late, row.state | {"deadline": late.isoformat()}
        session.add(row)

    async with world.database.transaction() as session:
        left = await settle_watch(session, world.library, watch.id, policy=Policy(), clock=world.database.clock)

    assert left is None
    assert verdicts(await world.moments(mode=Mode.SHADOW)) == [("incomplete-checkout", 2, "escalate")]
    assert await world.moments() == []


async def test_the_two_cool_down_and_join_by_themselves(world: World) -> None:
    cooling = CART + "cooldown: 2d\n"
    await world.publish(cooling, COMPLAINT)
    await tried(world, cooling.replace("within: 20m", "within: 10m"))

    await world.send(a_cart(60, "c1"), a_cart(50, "c2"))

    assert [row.verdict for row in await world.moments()] == ["escalate", "suppressed:cooldown"]
    assert [row.verdict for row in await world.moments(mode=Mode.SHADOW)] == ["escalate", "suppressed:cooldown"]


async def test_the_tried_version_joins_what_other_rules_opened_and_nothing_joins_it(world: World) -> None:
    await world.publish(CART, COMPLAINT)
    await tried(world, EARLIER)

    await world.send(a_cart(15))
    await world.send(an_event(at=ago(minutes=4)))
    await world.send(a_cart(13, "c3"))

    assert [(row.rule, row.verdict) for row in await world.moments()] == [("complaint", "escalate")]
    assert [(row.key, row.verdict) for row in await world.moments(mode=Mode.SHADOW)] == [("c1", "escalate"), ("c3", "joined")]


async def test_the_tried_version_goes_on_from_what_the_published_one_did_before(world: World) -> None:
    cooling = CART + "cooldown: 2d\n"
    await world.publish(cooling)
    await world.send(a_cart(60, "c1"))
    await tried(world, cooling.replace("within: 20m", "within: 10m"))

    await world.send(a_cart(25, "c2"))

    assert [row.verdict for row in await world.moments(mode=Mode.SHADOW)] == ["suppressed:cooldown"]


async def test_a_late_purchase_withdraws_what_each_of_the_two_found(world: World) -> None:
    await world.publish(CART)
    await tried(world, EARLIER)
    await world.send(a_cart(30))

    await world.send(an_event("checkout.completed", at=ago(minutes=25), cart_id="c1"))

    rows = await world.rows(select(MomentRow))
    assert sorted((row.mode, row.status) for row in rows) == [
        (Mode.LIVE, MomentStatus.WITHDRAWN),
        (Mode.SHADOW, MomentStatus.WITHDRAWN),
    ]


async def test_a_resolution_of_one_leaves_the_other_alone(world: World) -> None:
    await world.publish(CART)
    await tried(world, EARLIER.replace("resolve: [{type: checkout.completed}]", "resolve: [{type: cart.emptied}]"))
    await world.send(a_cart(30))

    await world.send(an_event("checkout.completed", at=ago(minutes=1), cart_id="c1"))
    (live,), (shadow,) = await world.moments(), await world.moments(mode=Mode.SHADOW)
    await world.send(an_event("cart.emptied", at=ago(seconds=30), cart_id="c1"))
    (after,) = await world.moments(mode=Mode.SHADOW)

    assert (live.status, shadow.status, after.status) == (MomentStatus.RESOLVED, MomentStatus.LIVE, MomentStatus.RESOLVED)


async def test_publishing_the_tried_version_takes_over_the_live_watches_and_drops_its_own(world: World) -> None:
    await world.publish(CART)
    version = await tried(world, EARLIER)
    await world.send(a_cart(15, "found"), a_cart(5, "open"))

    dropped = await promoted(world, "incomplete-checkout", version)

    assert dropped == 0
    assert [(row.mode, row.key) for row in await world.watches()] == [(Mode.LIVE, "found"), (Mode.LIVE, "open")]
    (shadow,) = await world.moments(mode=Mode.SHADOW)
    assert shadow.status is MomentStatus.ENDED
    async with world.database.transaction() as session:
        row = await session.get_one(RuleRow, "incomplete-checkout")
    assert (row.version, row.shadow_version, row.shadow_since) == (version, None, None)


@pytest.mark.parametrize("how", ["stopped", "retired"])
async def test_a_trial_that_ends_leaves_nothing_waiting(world: World, how: str) -> None:
    score = CART.replace(
        CART[CART.index("detect:") : CART.index("resolve:")],
        "detect: {score: {events: [{type: checkout.started}], within: 1h, threshold: 9, key: event.data.cart_id}}\n",
    )
    await world.publish(CART)
    await tried(world, score)
    await world.send(a_cart(5))
    kept = await world.rows(select(WindowRow))

    async with world.database.transaction() as session:
        end = states.stop_trial if how == "stopped" else states.retire
        await end(session, "incomplete-checkout", who="test", now=await world.database.clock.now(session))
    await world.send(a_cart(4))

    assert [row.mode for row in kept] == [Mode.SHADOW]
    assert await world.rows(select(WindowRow)) == []
    assert [row.mode for row in await world.watches()] == ([Mode.LIVE] if how == "stopped" else [])


async def test_of_two_customers_who_are_one_the_tried_version_keeps_what_it_waited_for(world: World) -> None:
    await world.publish(CART)
    await tried(world, EARLIER)
    await world.send(an_event("checkout.started", "device", at=ago(minutes=9), cart_id="c1"))

    await world.send(an_event("customer.identified", "ann", at=ago(minutes=2), anonymous_id="device"))

    owner = (await world.customer()).id
    assert sorted((row.mode, row.customer_id) for row in await world.watches()) == [(Mode.LIVE, owner), (Mode.SHADOW, owner)]


@st.composite
def days(draw: st.DrawFn) -> list[tuple[str, str, int]]:
    kinds = st.sampled_from(
        ["checkout.started", "checkout.started", "checkout.updated", "checkout.completed", "contact.inbound"]
    )
    each = st.tuples(kinds, st.sampled_from(["c1", "c2"]), st.integers(0, 120))
    return draw(st.lists(each, min_size=2, max_size=12))


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(drawn=days(), order=st.randoms(use_true_random=False))
async def test_each_finds_and_judges_as_its_own_back_test_however_events_arrive(
    database: Database, drawn: list[tuple[str, str, int]], order: Any
) -> None:
    world, mark = World.on(database), uuid4().hex
    texts = [text.replace("incomplete-checkout", f"r-{mark}") for text in (CART, EARLIER)]
    await world.publish(texts[0])
    await tried(world, texts[1])
    now = ago(seconds=0).replace(second=0, microsecond=0)
    events = [
        an_event(kind, f"ann-{mark}", at=now - timedelta(minutes=130 - minute), id=f"{index}-{mark}", cart_id=key)
        for index, (kind, key, minute) in enumerate(drawn)
    ]
    sent = list(events)
    order.shuffle(sent)

    for event in sent:
        await world.send(event)

    for mode, text in zip((Mode.LIVE, Mode.SHADOW), texts, strict=True):
        told = run_backtest(Rulebook([read_rule(text.encode(), name="test")]), map(as_event, events), until=now)
        found = await world.moments(f"ann-{mark}", mode=mode)
        assert [(row.key, row.at) for row in found if row.rule == f"r-{mark}"] == sorted(
            ((each.key, each.at) for each in told.moments), key=lambda each: (each[1], each[0])
        )
