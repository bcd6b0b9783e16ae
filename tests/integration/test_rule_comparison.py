"""A version in shadow side by side with the published one: over HTTP, on the page and at the command line."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.app import create_app
from api.pages.people import Role
from orchestrator.cli.main import app as ringback
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.rule_life import states
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_client, a_queue, a_token, an_agent, bearer, some_settings
from tests.integration.intake_world import CART, World, ago, an_event
from tests.integration.test_audit import ENVIRONMENT
from tests.integration.test_rule_pages import tag_in
from tests.integration.test_rule_trials import a_cart, tried

WORTH = "worth: {value: 300, chance: 0.5, call_cost: 20}\n"
EARLIER = CART.replace("within: 20m", "within: 10m") + WORTH
NAME = "incomplete-checkout"


@pytest.fixture
async def world(database: Database) -> World:
    async with database.transaction() as session:
        await a_queue(session, "sales")
        await an_agent(session, "Noa", queues=("sales",))
        await an_agent(session, "Dana", queues=("sales",))
    return World.on(database)


async def a_trial(world: World, text: str = EARLIER) -> None:
    """One cart that only the shadow finds, one of which both versions find a moment, though not at the same time."""
    await world.publish(CART)
    await tried(world, text)
    begun = ago(minutes=16)
    await world.send(
        an_event("checkout.started", at=begun, cart_id="bought"),
        an_event("checkout.completed", at=begun + timedelta(minutes=12), cart_id="bought"),
    )
    await world.send(an_event("checkout.started", "bob", at=ago(minutes=30), cart_id="left"))


async def told(world: World, database_url: str, name: str = NAME, **asked: str) -> httpx.Response:
    async with world.database.transaction() as session:
        secret = await a_token(session)
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        return await client.get(f"/v1/rules/{name}/comparison", params=asked, headers=bearer(secret))


async def in_full(world: World, database_url: str) -> Any:
    answer = await told(world, database_url, **{"from": (ago(days=2)).isoformat()})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def as_if_since(world: World, hours: float) -> None:
    """Let the trial have begun earlier: what is compared begins with it."""
    async with world.database.transaction() as session:
        row = await session.get_one(RuleRow, NAME)
        row.since = row.shadow_since = ago(hours=hours)
        session.add(row)


async def test_both_versions_are_counted_by_verdict_with_value_and_cost(world: World, database_url: str) -> None:
    await a_trial(world)
    await as_if_since(world, 3)

    found = await in_full(world, database_url)

    assert found["published"] == {
        "version": 1,
        "moments": 1,
        "calls": 1,
        "verdicts": {"escalate": 1},
        "expected_value": 0,
        "cost": 0,
    }
    shadow = {"version": 2, "moments": 2, "calls": 2, "verdicts": {"escalate": 2}, "expected_value": 300, "cost": 40}
    assert found["shadow"] == shadow
    assert [found[each] for each in ("both", "only_published", "only_shadow", "runs")] == [0, 1, 2, True]
    assert [found[f"{each}_at_another_time"] for each in ("published", "shadow")] == [1, 1]


async def test_each_that_one_alone_found_is_told_with_its_evidence_and_why_the_other_did_not(
    world: World, database_url: str
) -> None:
    await a_trial(world)
    await as_if_since(world, 3)

    found = await in_full(world, database_url)

    published, (bought, later) = found["samples_only_published"], found["samples_only_shadow"]
    assert [each["key"] for each in published] == ["left"]
    assert published[0]["sentences"]["en"].startswith("Version 2 found it 10 minutes earlier, at ")
    assert later["sentences"]["en"].startswith("Version 1 found it 10 minutes later, at ")
    assert bought["sentences"]["en"].startswith("Version 1 was still waiting: at ")
    assert "8 minutes before its deadline at" in bought["sentences"]["en"]
    assert bought["sentences"]["he"].startswith("גרסה 1 עוד המתינה: ב־")
    assert (len(bought["evidence"]), bought["evidence"][0].split(" ")[0]) == (1, "/test")


async def test_what_both_found_and_judged_otherwise_is_counted(world: World, database_url: str) -> None:
    await world.publish(CART)
    await tried(world, CART + "worth: {value: 1, chance: 0.5, call_cost: 20}\n")
    await world.send(a_cart(30))
    await as_if_since(world, 3)

    found = await in_full(world, database_url)

    assert [found[each] for each in ("both", "judged_differently", "only_published", "only_shadow")] == [1, 1, 0, 0]
    assert found["shadow"]["verdicts"] == {"suppressed:worth": 1}


async def test_what_both_found_and_judged_alike_is_no_difference_to_show(world: World, database_url: str) -> None:
    await world.publish(CART)
    await tried(world, CART + WORTH)
    await world.send(a_cart(30))
    await as_if_since(world, 3)

    found = await in_full(world, database_url)

    assert (found["both"], found["judged_differently"], found["samples_judged_differently"]) == (1, 0, [])


async def test_what_both_found_and_judged_otherwise_is_shown_with_what_each_said(
    world: World, database_url: str, database: Database
) -> None:
    await world.publish(CART)
    await tried(world, CART + "worth: {value: 1, chance: 0.5, call_cost: 20}\n")
    for number in range(6):
        await world.send(an_event("checkout.started", f"ann-{number}", at=ago(minutes=30 + number), cart_id=f"c{number}"))
    await as_if_since(world, 3)

    judged = (await in_full(world, database_url))["samples_judged_differently"]
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open(f"/console/rules/{NAME}/comparison")).text
    async with a_browser(database_url, database, locale="he") as browser:
        hebrew = (await browser.open(f"/console/rules/{NAME}/comparison")).text

    assert [each["key"] for each in judged] == ["c0", "c1", "c2", "c3", "c4"]
    assert {(each["published"], each["shadow"]) for each in judged} == {("escalate", "suppressed:worth")}
    own = shown.partition('id="judged-heading"')[2]
    assert (own.count("<article"), f"/console/customers/{judged[0]['customer_id']}" in own) == (5, True)
    assert ("<dd>Is called</dd>" in own, "<dt>In shadow</dt>" in own) == (True, True)
    assert "שתי הגרסאות מצאו רגעים אלה באותו זמן" in hebrew


async def test_calls_are_laid_over_the_hours_against_what_the_staff_can_take(world: World, database_url: str) -> None:
    await a_trial(world)
    await as_if_since(world, 3)

    found = await in_full(world, database_url)

    assert (found["per"], found["queue"], len(found["load"]) in (4, 3)) == ("hour", "sales", True)
    assert {each["agent_hours"] for each in found["load"]} == {2.0}
    assert (sum(each["published"] for each in found["load"]), sum(each["shadow"] for each in found["load"])) == (1, 2)


async def test_what_began_before_the_trial_is_told_as_that(world: World, database_url: str) -> None:
    await world.publish(CART)
    await world.send(an_event("checkout.started", "bob", at=ago(minutes=19, seconds=59), cart_id="left"))
    await tried(world, EARLIER)
    async with world.database.transaction() as session:
        (row,) = (await world.watches(),)[0]
        watch = await session.merge(row)
        watch.deadline = ago(seconds=0)
        watch.state = watch.state | {"deadline": watch.deadline.isoformat()}
        session.add(watch)
    await world.send(an_event("checkout.started", "bob", at=ago(seconds=0), cart_id="other"))

    found = await in_full(world, database_url)

    assert [each["key"] for each in found["samples_only_published"]] == ["left"]
    assert "the events came before it began to run" in found["samples_only_published"][0]["sentences"]["en"]


async def test_a_rule_that_never_dialed_shows_its_shadow_alone(world: World, database_url: str) -> None:
    await world.load_shadow(CART)
    await world.send(a_cart(30))
    await as_if_since(world, 3)

    found = await in_full(world, database_url)

    assert (found["published"], found["shadow"]["calls"], found["samples_only_shadow"]) == (None, 1, [])


async def test_a_trial_that_is_over_stays_to_be_read(world: World, database_url: str) -> None:
    await a_trial(world)
    async with world.database.transaction() as session:
        await states.stop_trial(session, NAME, who="test", now=await world.database.clock.now(session))

    found = await in_full(world, database_url)

    assert (found["runs"], found["shadow"]["version"], found["published"]["version"]) == (False, 2, 1)


@pytest.mark.parametrize(
    ("name", "asked", "status"),
    [
        ("unknown", {}, 404),
        (NAME, {}, 404),
        (NAME, {"from": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, 422),
        (NAME, {"from": "2020-03-02T00:00:00Z"}, 422),
        (NAME, {"zone": "Mars/Olympus"}, 422),
    ],
)
async def test_what_cannot_be_compared_is_refused(
    world: World, database_url: str, name: str, asked: dict[str, str], status: int
) -> None:
    await world.publish(CART)

    assert (await told(world, database_url, name, **asked)).status_code == status


async def test_the_page_shows_both_and_its_buttons_publish_or_stop(world: World, database_url: str, database: Database) -> None:
    await a_trial(world)
    await as_if_since(world, 3)
    page = f"/console/rules/{NAME}/comparison"
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open(page)).text
        stopped = await browser.send(f"/console/rules/{NAME}/decision", verb="stop_shadow", seen=tag_in(shown))
        over = (await browser.open(page)).text
    async with a_browser(database_url, database, role=Role.AUDITOR, locale="he") as browser:
        hebrew = (await browser.open(page)).text

    assert "Version 1 is published and dials. Version 2 runs beside it in shadow and contacts nobody." in shown
    assert ("8 minutes before its deadline at" in shown, "<rect" in shown) == (True, True)
    assert stopped.headers["location"] == f"/console/rules/{NAME}?done=stop_shadow"
    assert ("Version 2 ran in shadow until" in over, "Publish version 2" in over) == (True, False)
    assert ("גרסה 2 פעלה בצל עד" in hebrew, 'name="verb"' in hebrew) == (True, False)


async def test_the_page_publishes_the_version_that_was_tried(world: World, database_url: str, database: Database) -> None:
    await a_trial(world)
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open(f"/console/rules/{NAME}/comparison")).text
        fields = {"verb": "publish", "version": "2", "seen": tag_in(shown)}
        await browser.send(f"/console/rules/{NAME}/decision", confirm="true", **fields)

    async with database.transaction() as session:
        row = await session.get_one(RuleRow, NAME)
    assert (row.state, row.version, row.shadow_version) == (RuleState.PUBLISHED, 2, None)


async def test_a_rule_of_which_nothing_was_tried_says_what_to_do(world: World, database_url: str, database: Database) -> None:
    await world.publish(CART)
    async with a_browser(database_url, database) as browser:
        shown = await browser.open(f"/console/rules/{NAME}/comparison")
        wrong = await browser.open(f"/console/rules/{NAME}/comparison?since=yesterday")

    assert (shown.status_code, "Nothing runs in shadow" in shown.text) == (200, True)
    assert (wrong.status_code, 'value="yesterday"' in wrong.text) == (422, True)


async def test_the_command_tells_the_same(
    world: World, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_trial(world)
    await as_if_since(world, 3)
    for name, value in (ENVIRONMENT | {"RINGBACK_DATABASE_URL": database_url, "RINGBACK_DATA": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)

    told_of = (await asyncio.to_thread(CliRunner().invoke, ringback, ["rules", "compare", NAME])).output
    whole = json.loads((await asyncio.to_thread(CliRunner().invoke, ringback, ["rules", "compare", NAME, "--json"])).output)

    assert "version 1, published: 1 moments, 1 calls (escalate 1); value 0, cost 0" in told_of
    assert "both found 0, 0 of them judged differently; only the published one 1, only the shadow 2" in told_of
    assert (whole["shadow"]["calls"], whole["samples_only_shadow"][0]["key"]) == (2, "bought")
