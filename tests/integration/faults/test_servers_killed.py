"""`kill -9` of Temporal, the api and PostgreSQL in the middle of a case: what was accepted is kept, what was begun ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from orchestrator.embedded.folder import DataFolder
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.escalations.states import Outcome, State
from orchestrator.insights.audit import lost_events
from orchestrator.storage.migrate import migrate
from orchestrator.telephony.tables import Leg
from tests.integration.faults.case import LONG, Case, a_case, all_of
from tests.integration.faults.floor import Floor, a_floor, event, eventually
from tests.integration.simulated_carrier import Carrier

BATCH = {"Content-Type": "application/cloudevents-batch+json"}
SETTINGS = {"ring_timeout": "500s"}
TALKING = {"behaviour": "answer", "talk": 100}


async def assert_solved(case: Case) -> None:
    row = await case.closed()
    assert row.outcome is Outcome.SOLVED
    assert await case.every_promise_has_its_ending() == ["kept"]
    assert len(await case.floor.rings(case.phone)) == 1
    await case.nobody_rang_twice()


async def test_while_temporal_is_away_events_are_accepted_and_followed_up_afterwards(floor: Floor) -> None:
    ringing, talking, later = await a_case(floor), await a_case(floor), await a_case(floor)
    await ringing.phones(agent=LONG)
    await talking.phones(customer=TALKING)
    await all_of([ringing, talking], Case.ask, Case.called)
    await ringing.leg_is(Leg.AGENT, "ringing")
    await talking.in_state(State.CONNECTED)

    await floor.temporal.kill()
    await later.ask()
    await later.in_state(State.OPEN)
    await floor.temporal.start()

    await asyncio.gather(ringing.wrapped(), talking.wrapped(), solved_from_the_start(later))
    for case in (ringing, talking, later):
        await assert_solved(case)


async def solved_from_the_start(case: Case) -> None:
    await case.called()
    await case.wrapped()


async def test_a_call_outlives_the_api(floor: Floor) -> None:
    case = await a_case(floor)
    await case.phones(customer=TALKING)
    await case.ask()
    await case.called()
    await case.in_state(State.CONNECTED)

    await floor.api.kill()
    await case.leg_is(Leg.CUSTOMER, "ended")  # nobody was there to be told: the carrier was asked
    await floor.api.start()

    await case.wrapped()
    await assert_solved(case)


@dataclass(slots=True)
class Sender:
    """A channel that reports without a pause and remembers what was accepted; it does not repeat what was not."""

    floor: Floor
    accepted: list[tuple[str, str]] = field(default_factory=list)
    refused: int = 0

    async def send(self) -> None:
        headers = {"Authorization": f"Bearer {self.floor.channel_key}"}
        while True:
            events = [event("page.viewed", f"visitor-{number}") for number in range(20)]
            answer = await self.floor.http.post("/v1/events", headers=headers | BATCH, content=json.dumps(events))
            if answer.status_code == httpx.codes.ACCEPTED:
                self.accepted += [(each["source"], each["id"]) for each in answer.json()["events"]]
            else:
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, answer.text
                self.refused += 1

    async def has_sent(self, more: int) -> bool:
        goal = len(self.accepted) + more
        return await eventually(self._enough(goal))

    def _enough(self, goal: int) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            return len(self.accepted) >= goal

        return look


async def test_a_database_that_was_killed_has_everything_that_was_accepted(tmp_path: Path, running_carrier: Carrier) -> None:
    postgres = EmbeddedPostgres(DataFolder(tmp_path / "postgres"))  # with the options it ships with
    url = await postgres.start()
    await migrate(url)
    async with a_floor(tmp_path / "floor", url, running_carrier) as floor:
        case, sender = await a_case(floor), Sender(floor)
        await case.phones(customer=TALKING)
        await case.ask()
        await case.called()
        await case.in_state(State.CONNECTED)

        async with asyncio.TaskGroup() as group:
            sending = group.create_task(sender.send())
            await sender.has_sent(100)
            await postgres.kill()
            await eventually(lambda: asyncio.sleep(0, sender.refused))
            await postgres.start()
            await sender.has_sent(100)
            sending.cancel()

        await case.wrapped()
        await assert_solved(case)
        async with floor.database.transaction() as session:
            assert await lost_events(session, sender.accepted) == 0
    await postgres.stop()
