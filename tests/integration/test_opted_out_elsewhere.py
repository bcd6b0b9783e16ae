"""What a customer tells one api process is in force in the next decision of the worker, and of every other process."""

from uuid import UUID

import httpx
import pytest

from orchestrator.escalations.instructions import DialLeg
from orchestrator.escalations.states import State
from orchestrator.storage.database import Database
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import Leg
from tests.integration.escalation_world import RealClock, World
from tests.integration.floor import a_token, bearer
from tests.integration.served import served
from tests.integration.test_escalation_races import awake_zone

CALL = "[{call: {queue: sales}}]"


async def _to_dial(world: World) -> tuple[UUID, UUID, DialLeg]:
    """Return a customer, their case, and the dial that its process is about to prepare."""
    await world.rule("offer", steps=CALL)
    await world.floor()
    customer = await world.customer(consent={"voice_recorded": True}, zone=awake_zone())
    await world.moment(customer, "offer")
    case = await world.escalation(customer)
    told = await world.advance(case.id)
    while not isinstance(told, DialLeg):
        await world.do(case.id, told)
        told = await world.advance(case.id)
    return customer, case.id, told


@pytest.mark.parametrize("is_prepared", [False, True])
@pytest.mark.parametrize(
    ("door", "word"),
    [
        ("do-not-call", {"source": "agent Dana"}),
        ("do-not-call", {"source": "agent Dana", "topic": "offer"}),
        ("consent", {"purpose": "service", "given": False, "source": "web"}),
    ],
)
async def test_what_one_process_was_told_the_worker_heeds_in_its_next_decision(
    database: Database, database_url: str, door: str, word: dict[str, object], is_prepared: bool
) -> None:
    world = World(database, RealClock())
    customer, case, told = await _to_dial(world)
    request = DialRequest(case, told.request, told.leg, told.task_id)
    prepared = await world.dialer.prepare(request) if is_prepared else None
    async with database.transaction() as session:
        headers = bearer(await a_token(session))

    path = f"/v1/customers/{customer}/{door}"
    async with served(database_url) as one, served(database_url) as other, httpx.AsyncClient(trust_env=False) as client:
        before = await client.get(f"{other.url}{path}", headers=headers)  # it has looked, and might remember
        said = await client.post(f"{one.url}{path}", headers=headers, json=word)
        if prepared is None:
            assert await world.dialer.prepare(request) is None
        else:
            await world.dialer.submit(prepared)
        after = await client.get(f"{other.url}{path}", headers=headers)

    assert (before.status_code, said.status_code, after.status_code) == (200, 201, 200)
    assert len(after.json()["history"]) == len(before.json()["history"]) + 1
    assert world.carrier.placed == []
    assert (await world.reread(case)).state is State.CLOSED
    assert all(each.submitted_at is None for each in await world.attempts(case, Leg.CUSTOMER))


async def test_a_dial_of_which_nobody_said_anything_is_placed(database: Database) -> None:
    world = World(database, RealClock())
    _, case, told = await _to_dial(world)

    prepared = await world.dialer.prepare(DialRequest(case, told.request, told.leg, told.task_id))
    assert prepared is not None
    await world.dialer.submit(prepared)

    assert len(world.carrier.placed) == 1
