"""Limits over `/v1/limits`: read with a tag, saved by who has seen them, refused with field and fix."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from orchestrator.identity.tables import Scope
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_token, bearer
from tests.integration.intake_world import publish_rules

RULE = """
rule: cart-left
title: {en: Cart left}
moment: incomplete_checkout
purpose: service
detect: {occurrence: {on: [{type: checkout.abandoned}]}}
steps: [{callback: {queue: sales, due: 30m}}]
expires: 24h
"""
CAP = {"limit": 3, "within": "36h"}
BUDGET = {"kind": "calls", "limit": 100, "per": "hour"}
COSTS = {"call": 0.4, "message": 0.06, "currency": "EUR"}


@dataclass(frozen=True, slots=True)
class Caller:
    client: httpx.AsyncClient
    headers: dict[str, str]

    async def put(self, document: Any, seen: str | None = "*", **more: str) -> httpx.Response:
        told = {} if seen is None else {"If-Match": seen}
        if isinstance(document, str):
            return await self.client.put("/v1/limits", content=document, headers=self.headers | told | more)
        return await self.client.put("/v1/limits", json=document, headers=self.headers | told | more)

    async def get(self) -> httpx.Response:
        return await self.client.get("/v1/limits", headers=self.headers)


@pytest.fixture
async def caller(app: FastAPI, database: Database) -> AsyncIterator[Caller]:
    async with database.transaction() as session:
        headers = bearer(await a_token(session))
        await a_queue(session, "sales")
    await publish_rules(database, RULE)
    async with a_client(app) as client:
        yield Caller(client, headers)


async def test_what_was_saved_is_read_again_with_its_tag(caller: Caller) -> None:
    before = await caller.get()
    document: dict[str, Any] = {
        "caps": [CAP, {**CAP, "subject": "same", "media": ["sms"], "per": "number", "rule": "cart-left"}]
    }
    document |= {"budgets": [BUDGET, {**BUDGET, "kind": "money", "queue": "sales"}], "costs": COSTS}

    answer = await caller.put(document, before.headers["ETag"])

    assert (before.headers["ETag"], before.json()["version"], before.json()["document"]) == ('"0"', 0, "")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    read = (await caller.get()).json()
    assert read["limits"] == document
    assert read["version"] == 1


async def test_yaml_is_kept_as_it_was_written(caller: Caller) -> None:
    written = "# the board's\ncaps:\n  - {limit: 3, within: 36h}\n"

    answer = await caller.put(written, '"0"')

    assert answer.json()["document"] == written
    assert answer.json()["limits"] == {"caps": [CAP]}


async def test_the_laws_caps_are_told_with_source_and_date(caller: Caller) -> None:
    by_law = {each["place"]: each for each in (await caller.get()).json()["by_law"]}

    assert {place: (each["limit"], each["within"]) for place, each in by_law.items()} == {
        "US-FL": (3, "1d"),
        "US-OK": (3, "1d"),
        "FR": (4, "30d"),
        "US": (7, "7d"),
    }
    assert all(each["source"] and each["reviewed"] == "2026-11-22" for each in by_law.values())


async def test_who_says_not_what_they_saw_changes_nothing(caller: Caller) -> None:
    answer = await caller.put({"caps": [CAP]}, None)

    assert answer.status_code == 428
    assert (answer.json()["field"], answer.json()["type"].split(":")[-1]) == ("If-Match", "precondition_required")
    assert (await caller.get()).json()["version"] == 0


@pytest.mark.parametrize("seen", ['"0"', '"7"', "old", ""])
async def test_who_saw_something_else_is_given_the_tag_there_is(caller: Caller, seen: str) -> None:
    await caller.put({"caps": [CAP]})

    answer = await caller.put({"caps": []}, seen)

    assert (answer.status_code, answer.headers["ETag"]) == (412, '"1"')
    assert answer.json()["type"].split(":")[-1] == "stale_limits"
    assert answer.json()["difference"] == ""  # what was there before anybody saved any was never written
    assert (await caller.get()).json()["limits"] == {"caps": [CAP]}


async def test_who_saw_an_older_version_is_shown_what_changed_since(caller: Caller) -> None:
    await caller.put({"caps": [CAP]})
    await caller.put({"caps": [{**CAP, "limit": 9}]}, '"1"')

    answer = await caller.put({"caps": []}, '"1"')

    assert (answer.status_code, answer.headers["ETag"]) == (412, '"2"')
    assert "limits version 1" in answer.json()["difference"]
    assert "9" in answer.json()["difference"].partition("\n+")[2]


async def test_saving_what_is_there_already_changes_nothing(caller: Caller) -> None:
    await caller.put({"caps": [CAP]})

    assert (await caller.put({"caps": [CAP]})).json()["version"] == 1


async def test_what_is_spent_is_told_with_when_it_renews(caller: Caller) -> None:
    await caller.put({"budgets": [BUDGET, {**BUDGET, "kind": "money", "queue": "sales"}], "costs": COSTS})

    answer = await caller.client.get("/v1/limits/spent", headers=caller.headers)

    calls, money = answer.json()
    assert (calls["kind"], calls["per"], calls["limit"], calls["spent"], calls["currency"]) == ("calls", "hour", 100, 0, None)
    assert (money["queue"], money["currency"]) == ("sales", "EUR")
    starts, renews = (datetime.fromisoformat(calls[each]) for each in ("starts_at", "renews_at"))
    assert renews - starts == timedelta(hours=1)
    assert starts <= datetime.now(UTC) < renews + timedelta(minutes=1)


def with_cap(**changes: Any) -> dict[str, Any]:
    return {"caps": [CAP, {**CAP, **changes}]}


def with_budget(**changes: Any) -> dict[str, Any]:
    return {"budgets": [BUDGET, {**BUDGET, "per": "day", **changes}], "costs": COSTS}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (with_cap(limit=0), "caps[1].limit"),
        (with_cap(limit=1_000_000), "caps[1].limit"),
        (with_cap(limit=1.5), "caps[1].limit"),
        (with_cap(limit="3"), "caps[1].limit"),
        (with_cap(within="1 day"), "caps[1].within"),
        (with_cap(within="30s"), "caps[1].within"),
        (with_cap(within="367d"), "caps[1].within"),
        (with_cap(per="family"), "caps[1].per"),
        (with_cap(subject="other"), "caps[1].subject"),
        (with_cap(media=["fax"]), "caps[1].media[0]"),
        (with_cap(media=["sms", "sms"]), "caps[1].media"),
        (with_cap(rule="no-such"), "caps[1].rule"),
        (with_cap(rule="No such"), "caps[1].rule"),
        ({"caps": [{"limit": 3}]}, "caps[0].within"),
        ({"caps": [CAP] * 51}, "caps"),
        (with_budget(kind="time"), "budgets[1].kind"),
        (with_budget(limit=0), "budgets[1].limit"),
        (with_budget(limit=2.5), "budgets[1].limit"),
        (with_budget(limit=2_000_000_000), "budgets[1].limit"),
        (with_budget(per="week"), "budgets[1].per"),
        (with_budget(per="hour"), "budgets[1].kind"),
        (with_budget(queue="no-such"), "budgets[1].queue"),
        (with_budget(rule="no-such"), "budgets[1].rule"),
        (with_budget(queue="sales", rule="cart-left"), "budgets[1].rule"),
        (with_budget(kind="money", limit=0.3), "budgets[1].limit"),
        ({"budgets": [{**BUDGET, "kind": "money"}]}, "costs.call"),
        ({"costs": {"call": -1}}, "costs.call"),
        ({"costs": {"message": "much"}}, "costs.message"),
        ({"costs": {"currency": "euro"}}, "costs.currency"),
    ],
    ids=str,
)
async def test_what_does_not_fit_is_refused_with_its_field_and_nothing_is_saved(
    caller: Caller, document: Any, field: str
) -> None:
    answer = await caller.put(document)

    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["detail"]
    assert (await caller.get()).json()["version"] == 0


async def test_a_key_nobody_knows_is_told_with_the_nearest_one(caller: Caller) -> None:
    answer = await caller.put("caps: [{limit: 3, withn: 24h}]")

    assert answer.status_code == 422
    assert "within" in answer.json()["detail"]


async def test_an_agent_reads_the_limits_and_does_not_change_them(caller: Caller, database: Database) -> None:
    async with database.transaction() as session:
        agent = bearer(await a_token(session, scope=Scope.AGENT))

    assert (await caller.put({}, **agent)).status_code == 403
    assert (await caller.client.get("/v1/limits", headers=agent)).status_code == 200
