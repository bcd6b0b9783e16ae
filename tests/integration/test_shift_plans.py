"""Shift plans over the API and from a rota: versioned, audited, and nothing half saved."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from functools import partial

import httpx
import pytest
from sqlmodel import col, select

from api.app import create_app
from orchestrator.errors import BadInput
from orchestrator.identity.tables import ChangeRow
from orchestrator.queueing.rota import bring_in, changes_of
from orchestrator.queueing.rota_files import read_rota
from orchestrator.queueing.shifts import all_shifts, planned_for, save_shifts
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_token, an_agent, bearer, some_settings

PLAN = {"shifts": "dana", "zone": "UTC", "weekly": {"mon": ["09:00-17:00"]}}
NEW = {"If-None-Match": "*"}
NOW = datetime(2026, 6, 7, 12, tzinfo=UTC)


@pytest.fixture
async def client(database_url: str, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with database.transaction() as session:
        secret = await a_token(session)
        await a_queue(session, "sales")
        await a_queue(session, "help")
        await an_agent(session, "dana", queues=("sales", "help"))
        await an_agent(session, "eli", queues=("sales",))
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        client.headers.update(bearer(secret))
        yield client


async def lines(database: Database) -> list[ChangeRow]:
    async with database.transaction() as session:
        query = select(ChangeRow).where(col(ChangeRow.what).startswith("shifts."))
        return list((await session.exec(query.order_by(col(ChangeRow.id)))).all())


async def test_a_plan_is_saved_in_versions_shown_and_removed(client: httpx.AsyncClient, database: Database) -> None:
    first = (await client.put("/v1/shifts/dana", json=PLAN, headers=NEW)).json()
    tag = {"If-Match": (await client.get("/v1/shifts/dana")).headers["ETag"]}
    same = (await client.put("/v1/shifts/dana", json=PLAN, headers=tag)).json()
    second = (await client.put("/v1/shifts/dana", json=PLAN | {"queues": ["help"]}, headers=tag)).json()
    listed = (await client.get("/v1/shifts")).json()
    gone = await client.delete("/v1/shifts/dana")
    missing = await client.get("/v1/shifts/dana")

    assert [each["version"] for each in (first, same, second)] == [1, 1, 2]
    assert (first["queues"], second["queues"]) == (["help", "sales"], ["help"])
    assert [each["agent"] for each in listed] == ["dana"]
    assert (gone.status_code, missing.status_code, missing.json()["code"]) == (204, 404, "no_such_shifts")
    told = await lines(database)
    assert [line.what for line in told] == ["shifts.saved", "shifts.saved", "shifts.removed"]
    assert told[1].before is not None
    assert told[1].after is not None
    assert (told[1].before["version"], told[1].after["version"]) == (1, 2)


async def test_nobody_overwrites_a_plan_they_have_not_seen(client: httpx.AsyncClient, database: Database) -> None:
    unseen = await client.put("/v1/shifts/dana", json=PLAN)
    absent = await client.put("/v1/shifts/dana", json=PLAN, headers={"If-Match": '"1"'})
    first = await client.put("/v1/shifts/dana", json=PLAN, headers=NEW)
    later = PLAN | {"weekly": {"tue": ["10:00-12:00"]}}
    await client.put("/v1/shifts/dana", json=later, headers={"If-Match": first.headers["ETag"]})
    stale = await client.put("/v1/shifts/dana", json=PLAN, headers={"If-Match": first.headers["ETag"]})
    again = await client.put("/v1/shifts/dana", json=PLAN, headers=NEW)

    assert [each.status_code for each in (unseen, absent, first, stale, again)] == [428, 404, 200, 412, 412]
    assert (stale.headers["ETag"], stale.json()["code"]) == ('"2"', "stale_shifts")
    assert "tue" in stale.json()["difference"]
    assert [line.what for line in await lines(database)] == ["shifts.saved", "shifts.saved"]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("dana", PLAN | {"zone": "Mars/Base"}, 422, "zone"),
        ("eli", PLAN, 422, "shifts"),
        ("dana", PLAN | {"queues": ["loans"]}, 422, "queues"),
        ("nobody", PLAN | {"shifts": "nobody"}, 404, None),
        ("dana%00", PLAN, 422, "shifts"),
    ],
)
async def test_a_plan_that_does_not_fit_is_refused_and_nothing_is_saved(
    client: httpx.AsyncClient, database: Database, path: str, body: dict[str, object], status: int, field: str | None
) -> None:
    answer = await client.put(f"/v1/shifts/{path}", json=body, headers=NEW)

    assert answer.status_code == status
    assert answer.json().get("field") == field
    assert (await client.get("/v1/shifts")).json() == []
    assert await lines(database) == []


async def test_a_name_that_no_agent_can_have_is_no_agents(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/shifts/dana%00")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_agent")


async def test_the_planned_of_a_queue_are_those_who_serve_it_and_are_planned_for_it(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.transaction() as session:
        await save_shifts(session, "dana", b"shifts: dana\nzone: UTC\nqueues: [help]\n", who="test", now=NOW)
        await save_shifts(session, "eli", b"shifts: eli\nzone: UTC\n", who="test", now=NOW)

        planned = {queue: [each.agent.name for each in await planned_for(session, queue)] for queue in ("sales", "help")}

    assert planned == {"sales": ["eli"], "help": ["dana"]}


async def test_a_rota_is_brought_in_whole_or_not_at_all(client: httpx.AsyncClient, database: Database) -> None:
    rota = read_rota(b"agent,date,from,to\ndana,2026-06-08,10:00,12:00\neli,2026-06-08,,\n")
    stranger = read_rota(b"agent,date,from,to\ndana,2026-06-09,10:00,12:00\nzoe,2026-06-09,10:00,12:00\n")

    async with database.transaction() as session:
        await save_shifts(session, "dana", b"shifts: dana\nzone: Asia/Jerusalem\n", who="test", now=NOW)
        with pytest.raises(BadInput, match="no shift plan yet") as zoneless:
            await changes_of(session, rota, zone=None)
        with pytest.raises(BadInput, match="no agent") as unknown:
            await changes_of(session, stranger, zone="UTC")
        changes = await changes_of(session, rota, zone="UTC")
        await bring_in(session, changes, who="test", now=NOW)
        again = await changes_of(session, rota, zone="UTC")
        plans = {each.agent.name: each.plan.document for each in await all_shifts(session)}

    assert (zoneless.value.field, unknown.value.field) == ("zone", "agent")
    assert [(change.agent, change.dates) for change in changes] == [(who, (date(2026, 6, 8),)) for who in ("dana", "eli")]
    assert again == []
    assert (plans["dana"].zone, plans["eli"].zone) == ("Asia/Jerusalem", "UTC")
    assert plans["dana"].days == {date(2026, 6, 8): ["10:00-12:00"]}


async def test_two_supervisors_who_save_at_once_make_two_versions(client: httpx.AsyncClient, database: Database) -> None:
    plans = [f"shifts: dana\nzone: UTC\nweekly: {{mon: ['0{hour}:00-17:00']}}\n".encode() for hour in range(1, 5)]
    await asyncio.gather(*(database.run(partial(save_shifts, name="dana", document=p, who="test", now=NOW)) for p in plans))

    assert sorted(line.after["version"] for line in await lines(database) if line.after) == [1, 2, 3, 4]
