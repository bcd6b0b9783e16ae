"""A rule's life over HTTP: drafts, what the lint stops, two who change one rule at once, shadow, approval, going back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlmodel import select

from api.app import create_app
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.identity.tables import ChangeRow
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_token, bearer, some_settings

MOVED = """rule: moved
moment: moved
detect: {occurrence: {on: [{type: customer.moved}]}}
steps: [{callback: {queue: sales, due: 8h}}]
expires: 7d
"""
LONGER = MOVED.replace("expires: 7d", "expires: 8d")
NEVER = MOVED.replace("{type: customer.moved}", "{type: survey.answered, where: event.data.csat > 5}")
UNKNOWN_QUEUE = MOVED.replace("queue: sales", "queue: salse")
NEW = {"If-None-Match": "*"}


@dataclass(frozen=True, slots=True)
class Desk:
    """A supervisor's program, which knows the tag of what it saw last."""

    client: httpx.AsyncClient
    headers: dict[str, str]

    async def save(self, document: str, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.put("/v1/rules/moved", content=document, headers=self.headers | given)

    async def tag(self) -> str:
        return (await self.client.get("/v1/rules/moved", headers=self.headers)).headers["ETag"]

    async def decide(self, verb: str, tag: str | None = None, **body: Any) -> httpx.Response:
        headers = self.headers | {"If-Match": tag or await self.tag()}
        return await self.client.post(f"/v1/rules/moved/{verb}", json=body, headers=headers)


@pytest.fixture
async def desk(database_url: str, database: Database) -> AsyncIterator[Desk]:
    async with database.transaction() as session:
        await a_queue(session, "sales")
        secret = await a_token(session)
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        yield Desk(client, bearer(secret))


async def stored(database: Database) -> tuple[RuleState | None, int, int]:
    """The state, the version in force, and how many versions there are."""
    async with database.transaction() as session:
        row = await session.get(RuleRow, "moved")
        versions = (await session.exec(select(RuleVersionRow))).all()
        return (None, 0, len(versions)) if row is None else (RuleState(row.state), row.version, len(versions))


async def test_a_draft_is_kept_shown_with_its_findings_and_calls_nobody(desk: Desk, database: Database) -> None:
    saved = await desk.save(UNKNOWN_QUEUE, If_None_Match="*")

    assert saved.status_code == 200
    assert [(each["code"], each["line"]) for each in saved.json()["findings"]] == [("unknown_queue", 4)]
    assert (saved.json()["state"], saved.headers["ETag"]) == ("draft", '"1-draft-1"')
    assert await stored(database) == (RuleState.DRAFT, 1, 1)


async def test_a_draft_of_a_running_rule_changes_nothing_until_it_is_published(desk: Desk, database: Database) -> None:
    await desk.save(MOVED, If_None_Match="*")
    await desk.decide("publish")

    await desk.save(LONGER, If_Match=await desk.tag())
    before = await stored(database)
    published = await desk.decide("publish")

    assert before == (RuleState.PUBLISHED, 1, 2)
    assert (published.json()["version"], published.json()["begins_to_dial"]) == (2, False)
    assert await stored(database) == (RuleState.PUBLISHED, 2, 2)


async def test_what_nobody_has_seen_is_not_overwritten(desk: Desk, database: Database) -> None:
    await desk.save(MOVED, If_None_Match="*")
    seen = await desk.tag()
    await desk.save(LONGER, If_Match=seen)

    without = await desk.save(MOVED)
    stale = await desk.save(MOVED.replace("8h", "9h"), If_Match=seen)
    again = await desk.save(MOVED, If_None_Match="*")
    decided = await desk.decide("publish", seen)

    assert (without.status_code, without.json()["code"], without.json()["field"]) == (428, "precondition_required", "If-Match")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_rule")
    assert "-expires: 7d\n+expires: 8d\n" in stale.json()["difference"]
    assert stale.headers["ETag"] == await desk.tag()
    assert (again.status_code, decided.status_code) == (412, 412)
    assert await stored(database) == (RuleState.DRAFT, 2, 2)


async def test_two_who_save_at_once_on_two_apis_lose_nothing(desk: Desk, database_url: str, database: Database) -> None:
    await desk.save(MOVED, If_None_Match="*")
    seen = await desk.tag()
    other_app = create_app(some_settings(database_url))
    async with other_app.router.lifespan_context(other_app), a_client(other_app) as client:
        other = Desk(client, desk.headers)

        answers = [await desk.save(LONGER, If_Match=seen), await other.save(MOVED.replace("8h", "9h"), If_Match=seen)]

    assert [answer.status_code for answer in answers] == [200, 412]
    assert "+expires: 8d" in answers[1].json()["difference"]
    assert (await stored(database))[2] == 2


async def test_saving_the_same_letters_makes_no_new_version(desk: Desk, database: Database) -> None:
    await desk.save(MOVED, If_None_Match="*")

    await desk.save(MOVED, If_Match=await desk.tag())

    assert await stored(database) == (RuleState.DRAFT, 1, 1)


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (MOVED.replace("rule: moved", "rule: other"), "rule"),
        (MOVED.replace("expires: 7d", "expires: 0s"), "expires"),
        (MOVED + "holdout: 101%\n", "holdout"),
        (MOVED.replace("customer.moved}", "customer.moved, where: 'evnt.x'}"), "detect.occurrence.on[0].where"),
        ("rule: [", None),
        ("", None),
    ],
)
async def test_a_document_that_is_no_rule_is_refused_with_its_field_and_nothing_is_kept(
    desk: Desk, database: Database, document: str, field: str | None
) -> None:
    answer = await desk.save(document, If_None_Match="*")

    assert answer.status_code == 422
    assert answer.json().get("field") == field
    assert await stored(database) == (None, 0, 0)


async def test_every_fault_of_a_document_is_listed_with_line_and_column(desk: Desk) -> None:
    answer = await desk.save(MOVED.replace("7d", "soon").replace("moment: moved", "moment: ''"), If_None_Match="*")

    assert [(fault["field"], fault["detail"].split(" ")[0]) for fault in answer.json()["errors"]] == [
        ("moment", "2:9:"),
        ("expires", "5:10:"),
    ]


async def test_an_error_of_the_lint_stops_a_publish_and_a_shadow(desk: Desk, database: Database) -> None:
    await desk.save(NEVER, If_None_Match="*")

    answers = [await desk.decide("publish", confirm=True), await desk.decide("shadow", confirm=True)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "lint_errors")] * 2
    assert answers[0].json()["findings"][0]["code"] == "impossible_condition"
    assert await stored(database) == (RuleState.DRAFT, 1, 1)


async def test_a_warning_is_confirmed(desk: Desk, database: Database) -> None:
    await desk.save(UNKNOWN_QUEUE, If_None_Match="*")

    asked, confirmed = await desk.decide("publish"), await desk.decide("publish", confirm=True)

    assert (asked.status_code, asked.json()["code"]) == (409, "lint_unconfirmed")
    assert [finding["code"] for finding in asked.json()["findings"]] == ["unknown_queue"]
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "published")


async def test_the_lint_alone_keeps_nothing(desk: Desk, database: Database) -> None:
    answer = await desk.client.post("/v1/rules/lint", content=NEVER, headers=desk.headers)

    assert [finding["code"] for finding in answer.json()] == ["impossible_condition"]
    assert await stored(database) == (None, 0, 0)


async def test_rules_that_run_are_part_of_the_lint(desk: Desk) -> None:
    await desk.save(MOVED, If_None_Match="*")
    await desk.decide("publish")

    answer = await desk.client.post("/v1/rules/lint", content=MOVED.replace("rule: moved", "rule: other"), headers=desk.headers)

    assert [(finding["code"], finding["rule"]) for finding in answer.json()] == [("overlap", "other")]


async def test_from_shadow_to_published_and_back_to_an_earlier_version(desk: Desk, database: Database) -> None:
    await desk.save(MOVED, If_None_Match="*")
    shadow = (await desk.decide("shadow")).json()
    published = (await desk.decide("publish")).json()
    await desk.save(LONGER, If_Match=await desk.tag())
    await desk.decide("publish")

    back = (await desk.decide("publish", version=1)).json()

    assert (shadow["state"], shadow["begins_to_dial"]) == ("shadow", True)
    assert (published["state"], published["begins_to_dial"]) == ("published", True)
    assert (back["state"], back["version"]) == ("published", 1)
    assert await stored(database) == (RuleState.PUBLISHED, 1, 2)


async def test_versions_are_read_as_they_were_written_and_compared(desk: Desk) -> None:
    await desk.save(MOVED, If_None_Match="*")
    await desk.save(LONGER, If_Match=await desk.tag())

    first = await desk.client.get("/v1/rules/moved/document?version=1", headers=desk.headers)
    diff = await desk.client.get("/v1/rules/moved/difference?from=1&to=2", headers=desk.headers)

    assert (first.text, first.headers["content-type"]) == (MOVED, "application/yaml")
    assert "-expires: 7d\n+expires: 8d\n" in diff.text
    assert (await desk.client.get("/v1/rules/moved/document?version=9", headers=desk.headers)).status_code == 404


async def test_where_two_have_to_agree_a_second_person_approves(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales")
        first, second = await a_token(session), await a_token(session)
    app = create_app(some_settings(database_url).model_copy(update={"rules_need_approval": True}))
    async with app.router.lifespan_context(app), a_client(app) as client:
        author, other = Desk(client, bearer(first)), Desk(client, bearer(second))
        await author.save(MOVED, If_None_Match="*")

        alone, own = await author.decide("publish"), await author.decide("approve")
        agreed, published = await other.decide("approve"), await author.decide("publish")

    assert (alone.status_code, alone.json()["code"]) == (409, "not_approved")
    assert (own.status_code, own.json()["code"]) == (409, "not_approved")
    assert agreed.json()["approved_by"] is not None
    assert published.json()["state"] == "published"


async def test_who_stops_a_rule_needs_no_tag_and_is_held_to_one_they_send(desk: Desk) -> None:
    await desk.save(MOVED, If_None_Match="*")
    await desk.decide("publish")

    stale = await desk.decide("pause", '"1-draft-1"')
    paused = await desk.client.post("/v1/rules/moved/pause", headers=desk.headers)

    assert (stale.status_code, paused.json()["state"]) == (412, "paused")


def large(count: int) -> str:
    pattern = "{type: checkout.started, where: 'event.data.a == %d && event.data.b > %d'}"
    patterns = ", ".join(pattern % (number, number) for number in range(count))
    return MOVED.replace("{type: customer.moved}", patterns)


async def test_rules_of_two_hundred_conditions_are_held_against_each_other_while_others_are_served(desk: Desk) -> None:
    await desk.save(large(200), If_None_Match="*")
    await desk.decide("shadow")
    other = large(200).replace("rule: moved", "rule: other").replace("&&", "&& event.data.c == 1 &&")
    checking = asyncio.create_task(desk.client.post("/v1/rules/lint", content=other, headers=desk.headers))

    served = 0
    while not checking.done():
        assert (await desk.client.get("/v1/rules", headers=desk.headers)).status_code == 200
        served += 1

    assert [finding["code"] for finding in (await checking).json()] == ["overlap"]
    assert served > 10


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (MOVED.replace("customer.moved}", f"customer.moved, where: '{'a' * 2001}'}}"), "2000 characters"),
        (
            MOVED.replace("customer.moved}", f"customer.moved, where: '{'(' * 40}true{')' * 40}'}}"),
            "Write a shorter or flatter",
        ),
        (MOVED + "#" * 300_000, "256 KB"),
        (MOVED + "x: " + "[" * 200 + "]" * 200, "nested too deeply"),
    ],
)
async def test_what_is_beyond_a_limit_is_refused_with_its_fix(
    desk: Desk, database: Database, document: str, words: str
) -> None:
    answer = await desk.save(document, If_None_Match="*")

    assert answer.status_code == 422
    assert words in answer.text
    assert await stored(database) == (None, 0, 0)


def with_condition(condition: str) -> str:
    return MOVED.replace("customer.moved}", f"customer.moved, where: '{condition}'}}")


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (MOVED.replace("7d", "0s"), "expires"),
        (MOVED + "holdout: 101%\n", "holdout"),
        (with_condition("a" * 2001), "detect.occurrence.on[0].where"),
        (with_condition("!(" * 40 + "true" + ")" * 40), "detect.occurrence.on[0].where"),
        (with_condition("[1].all(a, " * 30 + "true" + ")" * 30), "detect.occurrence.on[0].where"),
        (with_condition('["a"]' + ".map(a, a + a)" * 30 + '.exists(a, a == "b")'), "detect.occurrence.on[0].where"),
        (MOVED + "#" * 300_000, None),
    ],
)
async def test_what_is_beyond_a_limit_leaves_a_running_rule_and_the_audit_as_they_were(
    desk: Desk, database: Database, document: str, field: str | None
) -> None:
    await desk.save(MOVED, If_None_Match="*")
    await desk.decide("publish")
    tag, audited = await desk.tag(), await changes(database)

    saved = await desk.save(document, If_Match=tag)
    linted = await desk.client.post("/v1/rules/lint", content=document, headers=desk.headers)

    told = [(answer.status_code, answer.json().get("field"), bool(answer.json()["fix"])) for answer in (saved, linted)]
    assert told == [(422, field, True)] * 2
    assert (await desk.tag(), await changes(database)) == (tag, audited)
    assert await stored(database) == (RuleState.PUBLISHED, 1, 1)


async def changes(database: Database) -> int:
    async with database.transaction() as session:
        return len((await session.exec(select(ChangeRow))).all())


async def test_a_bomb_of_nested_comprehensions_is_taken_for_an_expression_like_any_other(desk: Desk) -> None:
    items = "[1, 2, 3, 4, 5, 6, 7, 8, 9]"
    bomb = f"{items}.all(a, {items}.all(b, {items}.all(c, {items}.all(d, {items}.all(e, a + b + c + d + e > 0)))))"

    answer = await desk.client.post(
        "/v1/rules/lint", content=MOVED.replace("customer.moved}", f"customer.moved, where: '{bomb}'}}"), headers=desk.headers
    )

    assert (answer.status_code, answer.json()) == (200, [])


async def test_a_newer_version_is_tried_in_shadow_while_the_published_one_goes_on(desk: Desk, database: Database) -> None:
    await desk.save(MOVED, If_None_Match="*")
    await desk.decide("publish")
    await desk.save(LONGER, If_Match=await desk.tag())
    seen = await desk.tag()

    tried = (await desk.decide("shadow")).json()
    stale = await desk.decide("publish", seen)
    tag = await desk.tag()
    stopped = (await desk.decide("shadow/stop")).json()
    again = await desk.decide("shadow/stop")

    assert [tried[each] for each in ("state", "version", "shadow_version", "begins_to_dial")] == ["published", 1, 2, False]
    assert (tag, stale.status_code) == ('"2-published-1-beside-2"', 412)
    assert "version 2 in shadow beside it" in stale.json()["difference"]
    assert (stopped["state"], stopped["version"], stopped["shadow_version"]) == ("published", 1, None)
    assert again.status_code == 422


async def test_a_version_that_was_tried_is_published_and_tried_no_more(desk: Desk) -> None:
    await desk.save(MOVED, If_None_Match="*")
    await desk.decide("publish")
    await desk.save(LONGER, If_Match=await desk.tag())
    await desk.decide("shadow")

    published = (await desk.decide("publish")).json()

    assert (published["state"], published["version"], published["shadow_version"]) == ("published", 2, None)
