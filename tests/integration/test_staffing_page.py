"""The page of staffing and the form of an agent's shifts, as people see and send them."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from api.app import create_app
from api.pages.people import Role
from orchestrator.queueing.shift_plans import DAYS
from orchestrator.queueing.shifts import all_shifts, save_shifts
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_queue, a_task, an_agent, some_settings
from tests.integration.people_floor import signed_in

STAFFING = "/console/availability/staffing"
EVERY_DAY = ", ".join(f"{day}: ['00:00-24:00']" for day in DAYS)


@dataclass(frozen=True, slots=True)
class Supervisor:
    client: httpx.AsyncClient
    csrf: str
    dana: UUID

    async def text(self, path: str = STAFFING) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == 200
        return answer.text

    async def save(self, **fields: str) -> httpx.Response:
        return await self.send(f"{STAFFING}/{self.dana}", **{"timezone": "UTC", **fields})

    async def send(self, path: str, **fields: str) -> httpx.Response:
        return await self.client.post(path, data={**fields, "csrf": self.csrf})


@pytest.fixture
async def supervisor(database_url: str, database: Database) -> AsyncIterator[Supervisor]:
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        async with database.transaction() as session:
            await a_queue(session, "sales")
            dana = await an_agent(session, "dana")
        viewer = await signed_in(client, database, role=Role.SUPERVISOR)
        yield Supervisor(client, viewer.csrf, dana.id)


def figures(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))


async def test_without_plans_the_page_says_what_those_who_are_there_can_do(supervisor: Supervisor, database: Database) -> None:
    async with database.transaction() as session:
        for _ in range(3):
            await a_task(session)

    page = await supervisor.text()

    assert figures(page) | {
        "Planned now": "–",
        "There now": "1",
        "Callbacks open": "3",
        "A callback takes": "6 min",
    } == figures(page)
    assert "237 more callbacks fit in this time. A new one would wait" in page
    assert "Nobody of this queue has a shift plan" in page
    assert f'href="{STAFFING}/{supervisor.dana}"' in page


async def test_who_is_planned_and_not_there_is_named_and_who_is_there_unplanned_too(
    supervisor: Supervisor, database: Database
) -> None:
    async with database.transaction() as session:
        await an_agent(session, "eli", silent=timedelta(hours=1))
        await save_shifts(
            session,
            "eli",
            f"shifts: eli\nzone: UTC\nweekly: {{{EVERY_DAY}}}\n".encode(),
            who="test",
            now=await database.clock.now(session),
        )

    page = await supervisor.text()

    assert (figures(page)["Planned now"], figures(page)["There now"]) == ("1", "1")
    assert "Planned, and not there: <bdi>eli</bdi>" in page
    assert "There, and not planned: <bdi>dana</bdi>" in page
    assert "At every time as many agents are planned as are needed." in page


async def test_more_work_than_fits_is_said_with_the_hours_in_which_agents_are_missing(
    supervisor: Supervisor, database: Database
) -> None:
    async with database.transaction() as session:
        agent = b"shifts: dana\nzone: UTC\ndays: {2020-01-01: ['09:00-10:00']}\n"
        await save_shifts(session, "dana", agent, who="test", now=await database.clock.now(session))
        for _ in range(2):
            await a_task(session)

    page = await supervisor.text()

    assert "2 of the 2 open callbacks do not fit in this time. A new one would not be begun in this time." in page
    assert "Too few agents are planned:" in page


async def test_a_queue_that_is_not_there_is_not_found_and_without_queues_the_page_says_so(
    supervisor: Supervisor, database: Database
) -> None:
    assert (await supervisor.client.get(f"{STAFFING}?queue=loans")).status_code == 404
    assert (await supervisor.client.get(f"{STAFFING}/{uuid4()}")).status_code == 404


async def test_a_plan_is_saved_from_the_form_and_shown_in_it_again(supervisor: Supervisor, database: Database) -> None:
    saved = await supervisor.save(mon="14:00–18:00, 09:00-13:00", dates="2026-12-24: closed\n2026-12-31: 09:00-12:00")

    assert (saved.status_code, saved.headers["location"]) == (303, STAFFING)
    async with database.transaction() as session:
        (plan,) = await all_shifts(session)
    assert plan.plan.document.weekly.mon == ["09:00-13:00", "14:00-18:00"]
    form = await supervisor.text(f"{STAFFING}/{supervisor.dana}")
    assert 'value="09:00-13:00, 14:00-18:00"' in form
    assert "2026-12-24: closed\n2026-12-31: 09:00-12:00</textarea>" in form


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"timezone": "Mars/Base"}, ["timezone"]),
        ({"mon": "09:00-12:00, 11:00-13:00", "fri": "9-5"}, ["mon", "fri"]),
        ({"dates": "2027-02-29: closed"}, ["dates"]),
        ({"dates": "tomorrow"}, ["dates"]),
        ({"dates": "2026-12-24: closed\n2026-12-24: 09:00-10:00"}, ["dates"]),
        ({"dates": "2026-12-24:"}, ["dates"]),
        ({"timezone": "", "sat": "x", "dates": "y"}, ["timezone", "sat", "dates"]),
    ],
)
async def test_what_does_not_fit_is_told_beside_its_field_and_nothing_is_saved(
    supervisor: Supervisor, database: Database, fields: dict[str, str], wrong: list[str]
) -> None:
    answer = await supervisor.save(**{"tue": "08:00-09:00", **fields})

    assert answer.status_code == 422
    assert re.findall(r'<li><a href="#f-(\w+)">', answer.text) == wrong
    assert sorted(re.findall(r'id="f-(\w+)-fault"', answer.text)) == sorted(wrong)
    assert 'value="08:00-09:00"' in answer.text
    assert all(f'value="{typed}"' in answer.text for field, typed in fields.items() if field != "dates")
    async with database.transaction() as session:
        assert await all_shifts(session) == []


async def test_an_agent_is_planned_for_some_of_their_queues_by_ticking_them(supervisor: Supervisor, database: Database) -> None:
    await supervisor.save(mon="09:00-13:00", queue="sales")
    form = await supervisor.text(f"{STAFFING}/{supervisor.dana}")
    other = await supervisor.save(mon="10:00-13:00", queue="loans", seen="*")

    async with database.transaction() as session:
        [plan] = await all_shifts(session)
    assert (plan.plan.document.queues, plan.plan.document.weekly.mon) == (["sales"], ["09:00-13:00"])
    assert re.search(r'name="queue" value="sales" checked', form)
    assert other.status_code == 422
    assert re.findall(r'<li><a href="#f-(\w+)">', other.text) == ["queues"]


async def test_a_plan_is_removed_once_that_is_confirmed(supervisor: Supervisor, database: Database) -> None:
    nothing = await supervisor.text(f"{STAFFING}/{supervisor.dana}")
    await supervisor.save(mon="09:00-13:00")
    page = await supervisor.text(f"{STAFFING}/{supervisor.dana}")
    asked = await supervisor.send(f"{STAFFING}/{supervisor.dana}/removal")
    async with database.transaction() as session:
        still = len(await all_shifts(session))
    removed = await supervisor.send(f"{STAFFING}/{supervisor.dana}/removal", confirmed="yes")

    assert "Remove the plan…" not in nothing
    assert "Remove the plan…" in page
    assert "Remove this plan?" in asked.text
    assert (still, removed.status_code) == (1, 303)
    async with database.transaction() as session:
        assert await all_shifts(session) == []


async def test_a_plan_somebody_changed_meanwhile_is_not_overwritten(supervisor: Supervisor, database: Database) -> None:
    await supervisor.save(mon="09:00-13:00")
    await supervisor.save(mon="10:00-14:00", seen='"1"')

    late = await supervisor.save(mon="11:00-15:00", seen='"1"')

    assert late.status_code == 412
    assert 'value="11:00-15:00"' in late.text
    assert "+" in late.text.partition('<pre class="told"')[2].partition("</pre>")[0]
    async with database.transaction() as session:
        [plan] = await all_shifts(session)
    assert plan.plan.document.weekly.mon == ["10:00-14:00"]
