"""Why and why not: written questions about customers, and the sentences that answer them, in both languages."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlmodel import col, select

from api.app import create_app
from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.splits import Plan, plan_for
from orchestrator.detection.tables import MomentRow, MomentStatus
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.figures import Reader
from orchestrator.rule_life.open_cases import take_back_open
from orchestrator.rule_life.states import pause, resume, retire
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_client, a_token, bearer, some_settings
from tests.integration.intake_world import CART, COMPLAINT, World, ago, an_event

MANY = """
rule: lost
moment: lost
detect: {score: {events: [{type: help.viewed}], until: [{type: contact.inbound}], within: 1h, threshold: 3}}
steps: [{callback: {queue: service}}]
expires: 1d
"""
DEAR = """
rule: dear
moment: dear
detect: {occurrence: {on: [{type: checkout.started, where: event.data.total >= 300}]}}
steps: [{callback: {queue: sales}}]
expires: 1d
"""


def on_clock(at: datetime, language: Language = Language.ENGLISH) -> str:
    """As a sentence that was asked for now has it."""
    return Reader(language, ZoneInfo("UTC"), datetime.now(UTC).date()).instant(at)


class Asker:
    """A supervisor's program that asks why."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, customer: str = "ann", **more: Any) -> dict[str, dict[str, Any]]:
        answer = await self.client.get("/v1/explain", params={"customer": customer, **more})
        assert answer.is_success, answer.text
        return {each["rule"]: each for each in answer.json()["rules"]}

    async def sentences(self, rule: str, **more: Any) -> list[str]:
        found: list[str] = (await self.ask(**more))[rule]["sentences"]["en"]
        return found


@pytest.fixture
async def asker(database_url: str, database: Database) -> AsyncIterator[Asker]:
    async with database.transaction() as session:
        secret = await a_token(session)
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        client.headers.update(bearer(secret))
        yield Asker(client)


async def test_why_was_the_cart_no_moment_it_was_paid_before_the_deadline(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=30)
    await world.publish(CART)
    paid = started + timedelta(minutes=19, seconds=20)
    await world.send(
        an_event("checkout.started", at=started, cart_id="a"), an_event("checkout.completed", at=paid, cart_id="a")
    )

    answer = (await asker.ask())["incomplete-checkout"]

    deadline = on_clock(started + timedelta(minutes=20))
    said = f"At {on_clock(paid)} a checkout was paid, 40 seconds before the deadline at {deadline}. So there was no moment."
    assert answer["headline"]["en"] == said
    assert answer["sentences"]["en"] == [
        f"At {on_clock(started)} a checkout began, and the rule began to wait until {deadline}.",
        said,
    ]


async def test_why_is_there_nothing_yet_it_is_still_waited_for(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=5)
    await world.publish(CART)
    await world.send(an_event("checkout.started", at=started, cart_id="a"))

    answer = (await asker.ask())["incomplete-checkout"]

    begun, deadline = on_clock(started), on_clock(started + timedelta(minutes=20))
    said = f"A watch is open since {begun}: unless what it waits for comes, it becomes a moment at {deadline}."
    assert answer["headline"]["en"] == said


async def test_what_was_known_then_is_what_is_told(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=10)
    await world.publish(CART)
    paid = started + timedelta(minutes=5)
    await world.send(
        an_event("checkout.started", at=started, cart_id="a"), an_event("checkout.completed", at=paid, cart_id="a")
    )

    before = await asker.ask(at=(started + timedelta(minutes=1)).isoformat())

    assert list(before["incomplete-checkout"]["watching"]) == ["a"]


async def test_why_was_it_a_moment_and_what_became_of_it(asker: Asker, database: Database) -> None:
    world, filed = World.on(database), ago(seconds=9)
    await world.publish(COMPLAINT)
    await world.send(an_event(at=filed))

    answer = (await asker.ask())["complaint"]
    (opened,) = [each.opened_at for each in await world.escalations()]

    assert answer["sentences"]["en"] == [
        f"At {on_clock(filed)} a complaint was made, and the rule found a moment, by its version 1.",
        "It opened a case.",
        f"A case was open since {on_clock(opened)}: it was not put before an agent yet.",
    ]
    assert answer["sentences"]["he"] == [
        f"ב־{on_clock(filed, Language.HEBREW)} הוגשה תלונה, והכלל מצא רגע, לפי הגרסה שמספרה 1.",
        "הוא פתח טיפול.",
        f"טיפול היה פתוח מאז {on_clock(opened, Language.HEBREW)}: הוא עוד לא הועבר לנציג.",
    ]
    assert (answer["verdict"], answer["escalation_id"] is not None) == ("escalate", True)


async def test_what_became_of_a_case_later_is_not_told_of_an_earlier_time(
    asker: Asker, database: Database, database_url: str
) -> None:
    world = World.on(database)
    await world.publish(COMPLAINT)
    await world.send(an_event(at=ago(minutes=2)))
    before = ago(seconds=0)
    await take_back_open(database, "complaint", reason="a drill", who="test", settings=some_settings(database_url))

    then, now = (await asker.ask(at=before.isoformat()))["complaint"], (await asker.ask())["complaint"]

    assert then["sentences"]["en"][-1].endswith(": it was not put before an agent yet.")
    assert then["outcome"] is None
    assert now["sentences"]["en"][-1].endswith(": taken back by us.")
    assert now["outcome"] == "canceled"


async def test_why_did_the_second_one_open_no_case_of_its_own(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(COMPLAINT)
    await world.send(an_event(at=ago(minutes=3)))
    await world.send(an_event(at=ago(minutes=2)))

    (opened,) = [each.opened_at for each in await world.escalations()]
    assert f"It joined the case that was open since {on_clock(opened)} for “complaint”." in await asker.sentences("complaint")


async def test_why_was_nobody_called_consent_was_refused(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(DEAR)
    await world.send(an_event("customer.updated", at=ago(minutes=3), do_not_call=True))
    await world.send(an_event("checkout.started", at=ago(seconds=9), total=400))

    assert (await asker.sentences("dear"))[1] == "Nobody was called: the customer asked not to be called."


async def test_why_not_the_condition_was_not_met(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=2)
    await world.publish(DEAR)
    await world.send(an_event("checkout.started", at=started, total=299))

    assert await asker.sentences("dear") == [
        f"At {on_clock(started)} a checkout began, but the total was 299, and the rule asks for at least 300."
    ]


async def test_why_not_a_field_was_missing(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=2)
    await world.publish(DEAR)
    await world.send(an_event("checkout.started", at=started, cart_id="a"))

    assert await asker.sentences("dear") == [
        f"At {on_clock(started)} a checkout began, but the total was not given, and the rule asks for at least 300."
    ]


async def test_how_far_was_the_score_and_what_emptied_it(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(MANY)
    await world.send(an_event("help.viewed", at=ago(minutes=9)), an_event("help.viewed", at=ago(minutes=8)))
    counting = await asker.sentences("lost")
    called = ago(minutes=7)
    await world.send(an_event("contact.inbound", at=called))

    assert counting[-1] == "The score stood at 2 of 3: 1 short of a moment."
    assert (
        f"At {on_clock(called)} the customer called or wrote to a person, and the score began anew."
        in await asker.sentences("lost")
    )


async def test_why_not_nothing_came_and_why_not_the_rule_did_not_run(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(CART, COMPLAINT, MANY)
    await world.send(an_event("page.error", at=ago(minutes=2)))
    async with database.transaction() as session:
        now = await database.clock.now(session)
        await pause(session, "complaint", who="test", now=now)
        await retire(session, "lost", who="test", now=now)

    answers = await asker.ask()

    nothing = "Until then, nothing came from the customer that the rule looks at."
    assert answers["incomplete-checkout"]["sentences"]["en"] == [nothing]
    assert answers["complaint"]["sentences"]["en"] == ["The rule was on hold then and detected nothing new.", nothing]
    assert answers["lost"]["sentences"]["en"][0] == "The rule was not in force then: it was retired."


async def test_why_was_nobody_called_the_rule_was_in_shadow(asker: Asker, database: Database) -> None:
    world, filed = World.on(database), ago(minutes=2)
    await world.load_shadow(COMPLAINT)
    await world.send(an_event(at=filed))

    assert await asker.sentences("complaint") == [
        f"At {on_clock(filed)} a complaint was made, and the rule found a moment, by its version 1.",
        "The rule ran in shadow then, which contacts nobody.",
    ]


WORTH = """
rule: {name}
moment: {moment}
detect: {{occurrence: {{on: [{{type: checkout.started}}]}}}}
steps: [{{callback: {{queue: sales}}}}]
expires: 1d
{more}
"""


def a_rule(name: str = "buyers", **more: str) -> str:
    told = "\n".join(f"{key}: {value}" for key, value in more.items())
    return WORTH.format(name=name, moment=name.replace("-", "_"), more=told)


async def test_why_not_the_call_was_not_worth_its_cost(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(a_rule(worth="{value: event.data.total, chance: 0.25, call_cost: 18}"))
    await world.send(an_event("checkout.started", at=ago(minutes=2), total=40))

    assert (await asker.ask())["buyers"]["headline"] == {
        "en": "Nobody was called: a call was worth 10 (40 at a chance of 25%), and costs 18.",
        "he": "לא התקשרו: השיחה הייתה שווה 10 (40 בסיכוי של 25%), ועלותה 18.",
    }


async def test_why_not_the_customer_is_kept_for_comparison(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(a_rule(holdout="100%"))
    await world.send(an_event("checkout.started", at=ago(minutes=2)))

    answer = (await asker.ask())["buyers"]

    assert answer["headline"]["en"].startswith("Nobody was called on purpose: the customer is in the group of 100% ")
    assert answer["verdict"] == "control"


async def test_why_not_again_the_rule_leaves_the_customer_alone(asker: Asker, database: Database) -> None:
    world, first = World.on(database), ago(hours=3)
    await world.publish(a_rule(cooldown="7d", resolve="[{type: checkout.completed}]"))
    await world.send(an_event("checkout.started", at=first), an_event("checkout.completed", at=first + timedelta(minutes=1)))
    await world.send(an_event("checkout.started", at=ago(minutes=2)))

    until = on_clock(first + timedelta(days=7))
    assert (await asker.ask())["buyers"]["headline"]["en"] == (
        f"Nobody was called: this rule had led to a case at {on_clock(first)}, and leaves the customer alone for 7 days,"
        f" until {until}."
    )


@pytest.mark.parametrize(
    ("consent", "said"),
    [
        ({"marketing": False}, "Nobody was called: the customer refused marketing."),
        ({}, "Nobody was called: the customer never consented to marketing."),
    ],
)
async def test_why_not_consent_was_refused_or_never_given(
    asker: Asker, database: Database, consent: dict[str, bool], said: str
) -> None:
    world = World.on(database)
    await world.publish(a_rule(purpose="marketing"))
    await world.send(an_event("customer.updated", at=ago(minutes=3), consent=consent))
    await world.send(an_event("checkout.started", at=ago(minutes=2)))
    await world.send(an_event("customer.updated", at=ago(minutes=1), consent={"marketing": True}))

    assert said in await asker.sentences("buyers")


async def test_the_payment_that_came_after_the_moment_is_told_with_how_late_it_was(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=30)
    await world.publish(CART)
    paid = started + timedelta(minutes=25)
    await world.send(
        an_event("checkout.started", at=started, cart_id="a"), an_event("checkout.completed", at=paid, cart_id="a")
    )

    said = await asker.sentences("incomplete-checkout")

    assert said[1] == f"The rule found a moment at {on_clock(started + timedelta(minutes=20))}, by its version 1."
    assert f"At {on_clock(paid)} a checkout was paid, 5 minutes after the moment, and that settled the matter." in said
    assert said[-1].endswith(": the customer got there alone.")


async def test_a_deadline_is_still_in_time(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=30)
    await world.publish(CART)
    paid = started + timedelta(minutes=20)
    await world.send(
        an_event("checkout.started", at=started, cart_id="a"), an_event("checkout.completed", at=paid, cart_id="a")
    )

    assert (await asker.sentences("incomplete-checkout"))[-1] == (
        f"At {on_clock(paid)} a checkout was paid, at the very deadline, which is still in time. So there was no moment."
    )


async def test_why_not_the_rule_was_not_written_yet(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=2)
    await world.send(an_event("checkout.started", at=started, total=400))
    await world.publish(DEAR)

    then, now = (await asker.ask(at=ago(minutes=1).isoformat()))["dear"], (await asker.ask())["dear"]

    assert then["sentences"]["en"][0].startswith("The rule did not exist then: it was first written down at ")
    assert now["headline"]["en"].startswith("It was not acted on: what led to it arrived before the rule came into force at ")


async def test_why_not_it_came_while_the_rule_was_on_hold(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(DEAR)
    async with database.transaction() as session:
        await pause(session, "dear", who="test", now=await database.clock.now(session))
    await world.send(an_event("checkout.started", at=ago(minutes=2), total=400))
    async with database.transaction() as session:
        await resume(session, "dear", who="test", now=await database.clock.now(session))

    assert (await asker.ask())["dear"]["headline"]["en"] == (
        "It was not acted on: what led to it arrived while the rule was on hold."
    )


async def test_an_expression_that_has_no_value_is_told_by_what_it_is_for(asker: Asker, database: Database) -> None:
    world, started = World.on(database), ago(minutes=2)
    await world.publish(CART)
    await world.send(an_event("checkout.started", at=started))

    assert await asker.sentences("incomplete-checkout") == [
        f"At {on_clock(started)} a checkout began, but the rule had to pass over it:"
        " what tells one case from another could not be read from it."
    ]


async def test_one_rule_may_be_asked_about_alone(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(CART, COMPLAINT)
    await world.send(an_event(at=ago(minutes=2)))

    assert (await asker.ask(rule="complaint")).keys() == {"complaint"}


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"customer": "nobody"}, 404, None),
        ({"customer": "ann", "zone": "Mars/Base"}, 422, "zone"),
        ({"customer": "ann", "at": "2026-06-07T10:00:00"}, 422, "at"),
        ({}, 422, "customer"),
    ],
)
async def test_a_question_that_cannot_be_answered_names_its_field_and_no_customer(
    asker: Asker, database: Database, asked: dict[str, str], status: int, field: str | None
) -> None:
    world = World.on(database)
    await world.publish(COMPLAINT)
    await world.send(an_event(at=ago(minutes=2)))

    answer = await asker.client.get("/v1/explain", params=asked)

    assert (answer.status_code, answer.json().get("field")) == (status, field)
    assert "nobody" not in answer.text


async def test_the_console_asks_for_a_time_on_the_readers_clock(database_url: str, database: Database) -> None:
    world, started = World.on(database), ago(minutes=10)
    await world.publish(CART)
    paid = started + timedelta(minutes=5)
    await world.send(
        an_event("checkout.started", at=started, cart_id="a"), an_event("checkout.completed", at=paid, cart_id="a")
    )
    address = f"/console/customers/{(await world.customer()).id}/why"
    async with a_browser(database_url, database, locale="he") as browser:
        then = (started + timedelta(minutes=1)).astimezone(ZoneInfo(browser.viewer.zone))
        now, before = (await browser.open(address)).text, (await browser.open(f"{address}?at={then:%Y-%m-%dT%H:%M:%S}")).text
        wrong = await browser.open(f"{address}?at=soon")

    assert "לכן לא נוצר רגע" in now
    assert "הכלל עוד לא היה קיים אז" in before
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)


async def test_which_of_two_plans_a_customer_takes_is_said(asker: Asker, database: Database) -> None:
    world = World.on(database)
    split = COMPLAINT + "split: {share: 50%, steps: [{message: {template: finish-link}}]}\n"
    await world.publish(split)
    rule = read_rule(split.encode(), name="r").document
    subjects = {plan: next(f"c{n}" for n in range(99) if plan_for(rule, f"c{n}") is plan) for plan in Plan}
    await world.send(*(an_event(subject=subject) for subject in subjects.values()))

    told = {plan: await asker.sentences("complaint", customer=subject) for plan, subject in subjects.items()}

    assert "Of the rule's two plans this customer takes plan A." in told[Plan.A]
    assert "Of the rule's two plans this customer takes plan B." in told[Plan.B]


async def test_a_moment_found_late_says_so_with_both_times(asker: Asker, database: Database) -> None:
    world, filed = World.on(database), ago(minutes=40, seconds=5)
    await world.publish(COMPLAINT)
    await world.send(an_event(at=filed))
    (moment,) = await world.moments()

    answer = (await asker.ask())["complaint"]

    found, found_he, filed_at = on_clock(moment.found_at), on_clock(moment.found_at, Language.HEBREW), on_clock(filed)
    span = "40 minutes and 5 seconds"
    said = f"It was found late, at {found}: that a complaint was made, at {filed_at}, was told to us {span} after it happened."
    assert answer["sentences"]["en"][1] == said
    hebrew = answer["sentences"]["he"][1]
    assert hebrew.startswith(f"הוא נמצא באיחור, ב־{found_he}: על כך שהוגשה תלונה ב־")
    assert hebrew.endswith("נמסר לנו 40 דקות ו־5 שניות אחרי שקרה.")
    assert answer["headline"]["en"].startswith("A case was open since")


async def a_cart_left_and_paid_late(world: World) -> tuple[datetime, MomentRow]:
    """Return when it was paid, and the moment that this took back."""
    await world.publish(CART)
    await world.send(an_event("checkout.started", at=ago(minutes=30), cart_id="a"))
    paid = ago(minutes=20)
    await world.send(an_event("checkout.completed", at=paid, cart_id="a"))
    (moment,) = await world.rows(select(MomentRow))
    return paid, moment


async def test_a_moment_that_was_taken_back_says_by_what_and_when_that_was_told(asker: Asker, database: Database) -> None:
    world = World.on(database)
    paid, moment = await a_cart_left_and_paid_late(world)

    answer = (await asker.ask())["incomplete-checkout"]

    assert moment.ended_at is not None
    back, back_he = (on_clock(moment.ended_at, each) for each in Language)
    by = f"a checkout was paid at {on_clock(paid)} already, and we were told of it only at {back}"
    said = f"It was taken back at {back}: {by}."
    assert answer["headline"]["en"] == said
    assert answer["sentences"]["en"][-1] == said
    assert answer["headline"]["he"].startswith(f"הוא בוטל ב־{back_he}: קנייה שולמה כבר ב־")


async def test_that_a_moment_was_taken_back_is_not_told_of_an_earlier_time(asker: Asker, database: Database) -> None:
    world = World.on(database)
    _, moment = await a_cart_left_and_paid_late(world)

    then = (await asker.ask(at=moment.found_at.isoformat()))["incomplete-checkout"]

    said = " ".join(then["sentences"]["en"])
    assert "taken back" not in said
    assert "was paid" not in said
    assert "It opened a case." in then["sentences"]["en"]
    assert then["headline"]["en"].endswith(": it was not put before an agent yet.")


async def test_late_news_that_brought_a_moment_forward_is_told_of_the_moment_that_stands(
    asker: Asker, database: Database
) -> None:
    world = World.on(database)
    await world.publish(MANY)
    for at in (ago(minutes=20), ago(minutes=15), ago(seconds=5)):
        await world.send(an_event("help.viewed", at=at))
    (first,) = await world.rows(select(MomentRow))
    await world.send(an_event("help.viewed", at=ago(minutes=18)))
    earlier, later = await world.rows(select(MomentRow).order_by(col(MomentRow.at)))

    then = " ".join((await asker.ask(at=first.found_at.isoformat()))["lost"]["sentences"]["en"])
    now = " ".join((await asker.ask())["lost"]["sentences"]["en"])

    assert (later.id, later.status, earlier.status) == (first.id, MomentStatus.WITHDRAWN, MomentStatus.LIVE)
    assert "found late" not in then
    assert "taken back" not in now
    assert f"It was found late, at {on_clock(earlier.found_at)}" in now


async def test_a_moment_that_began_under_another_id_says_when_both_became_one(asker: Asker, database: Database) -> None:
    world = World.on(database)
    await world.publish(COMPLAINT)
    await world.send(an_event("complaint.filed", "device", at=ago(seconds=9)))
    (before,) = await world.moments("device")
    await world.send(an_event("customer.identified", "ann", at=ago(seconds=2), anonymous_id="device"))
    (moment,) = await world.moments()

    then, now = (await asker.ask(at=before.found_at.isoformat()))["complaint"], (await asker.ask())["complaint"]

    assert moment.merged_at is not None
    one = on_clock(moment.merged_at)
    said = f"It began while the customer was known under another id; both became one at {one}."
    assert (now["sentences"]["en"].count(said), said in then["sentences"]["en"]) == (1, False)
    he = on_clock(moment.merged_at, Language.HEBREW)
    assert f"הוא התחיל כשהלקוח היה מוכר במזהה אחר; שני המזהים אוחדו ב־{he}." in now["sentences"]["he"]
