"""Results of a busy time: the page comes at once and its parts follow, each with the figures the whole page has."""

import re
from html import unescape

import pytest
from sqlalchemy import text

from api.pages.console.result_sections import Section
from orchestrator.detection.tables import MomentRow
from orchestrator.insights.funnel import more_found
from orchestrator.storage.database import Database
from tests.integration.console_floor import a_browser
from tests.integration.planted import NOON
from tests.integration.test_console_results import DAYS, some_results

LATER = re.compile(r'hx-get="(/console/results/part/[^"]*)" hx-trigger="load"')


async def a_busy_month(database: Database) -> None:
    """Some results, and the same moment 5,000 times more."""
    await some_results(database)
    columns = ", ".join(name for name in MomentRow.model_fields if name != "id")
    async with database.transaction() as session:
        connection = await session.connection()
        copies = f"SELECT gen_random_uuid(), {columns} FROM moments, generate_series(1, 2500)"
        await connection.execute(text(f"INSERT INTO moments (id, {columns}) {copies}"))


async def test_parts_that_come_later_are_the_whole_page(database_url: str, database: Database) -> None:
    await a_busy_month(database)

    async with a_browser(database_url, database) as supervisor:
        page = (await supervisor.open(f"/console/results?{DAYS}")).text
        parts = [await supervisor.open(unescape(address)) for address in LATER.findall(page)]
        whole = await supervisor.open(f"/console/results?{DAYS}&whole=yes")

    assert ([each.status_code for each in parts], "<table>" in page) == ([200] * len(Section), False)
    at = [whole.text.find(each.text.strip()) for each in parts]
    assert (-1 not in at, at) == (True, sorted(at))
    assert "Of 2501 moments seen" in whole.text
    assert not LATER.search(whole.text)


async def test_who_has_no_script_is_led_to_all_of_it(database_url: str, database: Database) -> None:
    await a_busy_month(database)

    async with a_browser(database_url, database) as supervisor:
        page = (await supervisor.open(f"/console/results?{DAYS}")).text

    assert f'href="/console/results?{DAYS.replace("&", "&amp;")}&amp;whole=yes"' in page


async def test_few_moments_are_counted_at_once(database_url: str, database: Database) -> None:
    await some_results(database)

    async with a_browser(database_url, database) as supervisor:
        page = (await supervisor.open(f"/console/results?{DAYS}")).text

    assert (LATER.findall(page), "<table>" in page) == ([], True)


async def test_moments_are_counted_no_further_than_asked_for(database: Database) -> None:
    await some_results(database)

    async with database.transaction() as session:
        day = {"since": NOON.replace(hour=0), "until": NOON.replace(hour=23)}
        told = [await more_found(session, **day, than=than) for than in (0, 1, 2)]
        before = await more_found(session, since=NOON.replace(hour=0), until=NOON.replace(hour=1), than=0)

    assert (told, before) == ([True, True, False], False)


@pytest.mark.parametrize("part", ["worth?since=never", "passwords"])
async def test_a_part_is_refused_for_days_that_do_not_fit_and_a_name_that_is_none(
    database_url: str, database: Database, part: str
) -> None:
    async with a_browser(database_url, database) as supervisor:
        refused = await supervisor.open(f"/console/results/part/{part}")

    assert refused.status_code == 422
