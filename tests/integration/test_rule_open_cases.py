"""What becomes of a rule's open cases when it is held: they go on, or are taken back by who says why."""

import pytest
from fastapi import FastAPI

from orchestrator.escalations.states import Outcome, State
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.floor import a_client, a_token, bearer
from tests.integration.intake_world import COMPLAINT, World, ago, an_event

MOVED = """
rule: moved
moment: moved
detect: {occurrence: {on: [{type: customer.moved}]}}
steps: [{callback: {queue: service}}]
expires: 1d
"""


@pytest.fixture
async def world(database: Database) -> World:
    """Ann has a case of one rule, Ben one of two; Cleo's is of the other rule alone."""
    world = World.on(database)
    await world.publish(COMPLAINT, MOVED)
    await world.send(an_event(subject="ann", at=ago(minutes=3)), an_event(subject="ben", at=ago(minutes=3)))
    await world.send(*(an_event("customer.moved", subject=name, at=ago(minutes=2)) for name in ("ben", "cleo")))
    return world


async def outcomes(world: World) -> dict[str, Outcome | None]:
    found = {}
    for name in ("ann", "ben", "cleo"):
        (case,) = await world.escalations(name)
        found[name] = case.outcome if case.state is State.CLOSED else None
    return found


async def test_pausing_says_how_many_cases_stand_on_the_rule_alone_and_lets_them_go_on(app: FastAPI, world: World) -> None:
    async with world.database.transaction() as session:
        secret = await a_token(session)
    async with a_client(app) as client:
        paused = await client.post("/v1/rules/complaint/pause", headers=bearer(secret))

    assert (paused.json()["state"], paused.json()["open_cases"]) == ("paused", 1)
    assert await outcomes(world) == {"ann": None, "ben": None, "cleo": None}


async def test_cases_that_another_rule_wants_too_are_not_taken_back(app: FastAPI, world: World) -> None:
    async with world.database.transaction() as session:
        secret = await a_token(session)
    address, because = "/v1/rules/complaint/open-cases/withdrawal", {"reason": "the form was broken"}
    async with a_client(app) as client:
        first = await client.post(address, json=because, headers=bearer(secret))
        again = await client.post(address, json=because, headers=bearer(secret))
        nobody = await client.post("/v1/rules/nothing/open-cases/withdrawal", json=because, headers=bearer(secret))

    assert (first.json(), again.json()) == ({"taken_back": 1}, {"taken_back": 0})
    assert nobody.status_code == 404
    assert await outcomes(world) == {"ann": Outcome.CANCELED, "ben": None, "cleo": None}
    assert (await world.escalations("ann"))[0].canceled_reason == "the form was broken"


async def test_the_console_asks_what_becomes_of_them_once_the_rule_is_held(database_url: str, world: World) -> None:
    mine = "/console/rules/complaint"
    async with a_browser(database_url, world.database) as browser:
        running = (await browser.open(mine)).text
        await browser.send(f"{mine}/decision", verb="pause", seen="*")
        held = (await browser.open(mine)).text
        without = await browser.send(f"{mine}/open-cases", reason="  ")
        done = await browser.send(f"{mine}/open-cases", reason="the form was broken")
        after = (await browser.open(mine)).text

    assert ("Its open cases" in running, "1 case stands on this rule alone." in held) == (False, True)
    assert (without.status_code, "Say why, in at most 200 characters." in without.text) == (422, True)
    assert done.headers["location"] == f"{mine}?done=taken_back"
    assert "Its open cases" not in after
    assert await outcomes(world) == {"ann": Outcome.CANCELED, "ben": None, "cleo": None}
