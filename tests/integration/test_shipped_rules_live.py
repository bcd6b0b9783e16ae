"""The shipped rules, published: what channels report becomes a moment, and the moment a case with a person's name on it."""

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.detection.acting import Policy
from orchestrator.detection.live import settle_watch
from orchestrator.detection.tables import MomentRow, WatchStatus
from orchestrator.escalations.states import State
from orchestrator.rule_life.shipped import SHIPPED
from orchestrator.storage.database import Database
from tests.integration.intake_world import World, ago, an_event
from tests.integration.test_intake_detection import Later

FAILED_SIGN_INS = """
rule: failed-sign-ins
moment: locked_out
detect: {score: {events: [{type: login.failed}], within: 10m, threshold: 3}}
steps: [{callback: {queue: service}}]
expires: 1d
"""
NEW_TIER = """
rule: new-vip
moment: new_vip
detect: {occurrence: {on: [{type: customer.updated, where: "has(event.data.tier) && customer.tier == 'vip'"}]}}
steps: [{callback: {queue: service}}]
expires: 1d
"""


@pytest.fixture
async def world(database: Database) -> World:
    world = World.on(database)
    await world.publish(*(path.read_text(encoding="utf-8") for path in SHIPPED.glob("*.yaml")), FAILED_SIGN_INS, NEW_TIER)
    return world


async def told(world: World, *events: dict[str, Any], subject: str = "ann") -> list[MomentRow]:
    """Report events one after another; return the customer's moments, each of which stands on a case."""
    for event in events:
        await world.send(event)
    moments = await world.moments(subject)
    cases = {case.id for case in await world.escalations(subject)}
    assert {moment.escalation_id for moment in moments} <= cases
    return moments


def rules(moments: list[MomentRow]) -> list[tuple[str, str]]:
    return [(moment.rule, moment.verdict) for moment in moments]


async def is_open(world: World, subject: str = "ann") -> bool:
    return any(case.state is not State.CLOSED for case in await world.escalations(subject))


async def test_a_customer_who_moves_is_called_and_one_who_changes_something_else_is_not(world: World) -> None:
    await told(world, an_event("customer.updated", at=ago(minutes=9), data={"address": "Herzl 1"}))
    nothing = await is_open(world)

    moments = await told(world, an_event("customer.moved", at=ago(minutes=5), data={"address": "Herzl 2"}))

    assert (nothing, rules(moments), await is_open(world)) == (False, [("moved-house", "escalate")], True)


async def test_a_changed_attribute_is_a_moment_judged_by_what_the_customer_is_then(world: World) -> None:
    moments = await told(
        world,
        an_event("customer.updated", at=ago(minutes=9), data={"tier": "gold"}),
        an_event("customer.updated", at=ago(minutes=8), data={"tier": "vip"}),
        an_event("customer.updated", at=ago(minutes=7), data={"language": "he"}),
    )

    assert rules(moments) == [("new-vip", "escalate")]
    assert await is_open(world)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("This is a disgrace, I will talk to my lawyer", {"disgrace", "lawyer"}),
        ("בושה וחרפה, אני פונה לעורך דין", {"בושה", "עורך דין"}),
    ],
)
async def test_anger_in_words_of_either_language_is_a_case_that_keeps_the_words(
    world: World, said: str, words: set[str]
) -> None:
    (moment,) = await told(world, an_event("message.received", id="m1", source="/mail", at=ago(minutes=5), text=said))

    assert rules([moment]) == [("angry-customer", "escalate")]
    assert moment.evidence == ["/mail m1"]
    assert {word for word in words if any(word in kept for kept in moment.words)} == words
    assert await is_open(world)


async def test_a_polite_message_is_no_anger(world: World) -> None:
    moments = await told(world, an_event("message.received", at=ago(minutes=5), text="Thank you, all is well. תודה רבה"))

    assert moments == []


@pytest.mark.parametrize("mark", [{"csat": 2}, {"nps": 3}, {"ces": 2}, {"empathy": 1}])
async def test_a_low_mark_is_a_case_and_a_good_one_is_not(world: World, mark: dict[str, int]) -> None:
    moments = await told(
        world,
        an_event("survey.answered", at=ago(minutes=5), data={"csat": 4, "nps": 9, "ces": 6, "empathy": 5}),
        an_event("survey.answered", id="low", at=ago(minutes=4), data=mark),
    )

    assert rules(moments) == [("bad-feedback", "escalate")]
    assert moments[0].evidence == ["/test low"]
    assert await is_open(world)


async def test_so_many_within_a_window_are_a_case_and_as_many_outside_of_it_are_not(world: World) -> None:
    slow = [an_event("login.failed", "slow", at=ago(minutes=40 - 6 * number)) for number in range(5)]
    quick = [an_event("login.failed", "ann", at=ago(minutes=40 - 4 * number)) for number in range(3)]

    assert rules(await told(world, *slow, subject="slow")) == []
    assert rules(await told(world, *quick)) == [("failed-sign-ins", "escalate")]
    assert (await is_open(world, "slow"), await is_open(world)) == (False, True)


async def test_each_order_is_counted_for_itself_and_is_one_moment(world: World) -> None:
    orders = ["a", "b", "a", "c", "b"]
    late = [an_event("delivery.delayed", at=ago(minutes=50 - 5 * n), order_id=order) for n, order in enumerate(orders)]

    moments = await told(world, *late)

    assert [(moment.key, moment.verdict) for moment in moments] == [("a", "escalate"), ("b", "suppressed:cooldown")]
    assert {moment.rule for moment in moments} == {"delivery-trouble"}


async def test_who_was_troubled_lately_is_left_alone_until_the_cool_down_is_over(world: World) -> None:
    moments = await told(
        world,
        an_event("customer.moved", at=ago(hours=5)),
        an_event("contact.inbound", at=ago(hours=4)),
        an_event("customer.moved", at=ago(hours=3)),
    )

    assert rules(moments) == [("moved-house", "escalate"), ("moved-house", "suppressed:cooldown")]
    assert not await is_open(world)


async def test_who_is_lost_in_help_is_seen_across_the_site_the_bot_and_the_telephone(world: World) -> None:
    moments = await told(
        world,
        an_event("help.searched", id="w", source="/web", at=ago(minutes=20), results=0),
        an_event("bot.fallback", id="b", source="/bot", at=ago(minutes=15)),
        an_event("ivr.zero_out", id="i", source="/ivr", at=ago(minutes=5)),
    )

    assert ("lost-in-help", "escalate") in rules(moments)
    (lost,) = [moment for moment in moments if moment.rule == "lost-in-help"]
    assert lost.evidence == ["/web w", "/bot b", "/ivr i"]
    assert await is_open(world)


async def test_effort_adds_up_and_a_bad_mark_for_it_is_what_triggers(world: World) -> None:
    hard = ("page.error", "queue.abandoned", "identification.repeated")
    before = await told(world, *(an_event(type, at=ago(hours=9 - n)) for n, type in enumerate(hard)))

    moments = await told(world, an_event("survey.answered", id="mark", at=ago(hours=1), data={"ces": 3}))

    assert rules(before) == []
    assert rules(moments) == [("high-effort", "escalate")]
    assert moments[0].evidence[-1] == "/test mark"
    assert await is_open(world)


async def test_a_sale_that_a_representative_left_open_is_a_case_and_one_that_was_closed_is_not(world: World) -> None:
    yes = {"consent": {"marketing": True}}
    for subject in ("ann", "closed"):
        await world.send(
            an_event("customer.updated", subject, source="/store", at=ago(hours=24, minutes=5), data=yes),
            an_event("sale.opened", subject, source="/store", at=ago(hours=23, minutes=59), sale_id="s-1"),
        )
    await world.send(an_event("sale.closed", "closed", source="/store", at=ago(hours=2), sale_id="s-1"))
    (watch,) = await world.watches()
    waiting = await world.moments()
    async with world.database.transaction() as session:
        await settle_watch(
            session, world.library, watch.id, policy=Policy(timedelta(seconds=60)), clock=Later(timedelta(minutes=2))
        )

    assert (waiting, await world.moments("closed")) == ([], [])
    assert rules(await world.moments()) == [("sale-left-open", "escalate")]
    assert (await is_open(world), await is_open(world, "closed")) == (True, False)
    assert [each.status for each in await world.watches(WatchStatus.SATISFIED)] == [WatchStatus.SATISFIED]


async def test_imported_history_makes_no_moment_and_is_no_memory_of_what_was_open(world: World) -> None:
    """A later live event is judged by what the customer is, but by no count or watch of the time before."""
    await world.send(
        an_event("customer.updated", at=ago(days=9), data={"tier": "vip"}),
        an_event("login.failed", at=ago(minutes=8)),
        an_event("login.failed", at=ago(minutes=7)),
        an_event("customer.moved", at=ago(minutes=6)),
        an_event("checkout.started", at=ago(minutes=30), total=900, cart_id="c"),
        history=True,
    )
    imported = (await world.moments(), await world.watches(), await world.open_escalations())

    moments = await told(
        world,
        an_event("login.failed", at=ago(minutes=3)),
        an_event("customer.updated", at=ago(minutes=2), data={"tier": "vip", "language": "he"}),
    )

    assert imported == ([], [], [])
    assert rules(moments) == [("new-vip", "escalate")]
    assert (await world.customer()).attributes == {"tier": "vip", "language": "he"}
