"""Refused events on the console: why, what came, and the way in again; and the types that there are."""

import json
from html import unescape

from sqlmodel import col, select

from api.pages.people import Role
from orchestrator.intake.catalogue import EVENT_TYPES
from orchestrator.intake.tables import DeadLetterRow, EventRow
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.intake_world import a_channel_key, an_event

EVENTS = "/console/events"
BAD = an_event("survey.answered", id="s-1", data={"csat": 9})


async def refused(browser: Browser, database: Database, event: object = BAD) -> str:
    """Send an event that is refused, as a channel would; return the address of its page."""
    key = await a_channel_key(database)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"}
    answer = await browser.client.post("/v1/events", content=json.dumps(event), headers=headers)
    assert answer.status_code == 422
    async with database.transaction() as session:
        newest = select(DeadLetterRow.id).order_by(col(DeadLetterRow.received_at).desc())
        return f"{EVENTS}/refused/{(await session.exec(newest)).first()}"


async def stored(database: Database) -> list[str]:
    async with database.transaction() as session:
        return list((await session.exec(select(EventRow.id))).all())


async def test_a_refused_event_is_listed_mended_and_taken_in(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        address = await refused(browser, database)
        listed = (await browser.open(EVENTS)).text
        shown = unescape((await browser.open(address)).text)
        answer = await browser.send(address, event=json.dumps({**BAD, "data": {"csat": 2}}))
        after = (await browser.open(answer.headers["location"])).text

    assert "A field does not fit" in listed
    assert "data.csat" in listed
    assert '"csat": 9' in shown
    assert answer.status_code == 303
    assert "Taken in." in after
    assert "Nothing was refused" in after
    assert await stored(database) == ["s-1"]


async def test_what_still_does_not_fit_is_told_and_kept_as_typed(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        address = await refused(browser, database)
        worse = await browser.send(address, event=json.dumps({**BAD, "data": {"csat": 2, "nps": 11}}))
        broken = await browser.send(address, event='{"id": ')

    assert (worse.status_code, broken.status_code) == (422, 422)
    assert "data.nps" in worse.text
    assert "&#34;nps&#34;: 11" in worse.text
    assert await stored(database) == []


async def test_an_event_that_somebody_took_in_meanwhile_is_not_taken_twice(database_url: str, database: Database) -> None:
    mended = json.dumps({**BAD, "data": {"csat": 2}})
    async with a_browser(database_url, database) as browser:
        address = await refused(browser, database)
        await browser.send(address, event=mended)
        again = await browser.send(address, event=mended)

    assert again.status_code == 409
    assert "Somebody took this event in meanwhile." in again.text
    assert await stored(database) == ["s-1"]


async def test_what_came_is_for_supervisors_and_shown_harmless(database_url: str, database: Database) -> None:
    hostile = {**BAD, "data": {"csat": "</textarea><script>alert(1)</script>"}}
    async with a_browser(database_url, database) as browser:
        address = await refused(browser, database, hostile)
        shown = (await browser.open(address)).text
    async with a_browser(database_url, database, role=Role.AUDITOR) as auditor:
        answers = [await auditor.open(EVENTS), await auditor.open(address), await auditor.open(f"{EVENTS}/types")]

    assert "<script>alert" not in shown
    assert [answer.status_code for answer in answers] == [403, 403, 200]


async def test_every_type_is_shown_with_a_sample(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, locale="he") as browser:
        shown = unescape((await browser.open(f"{EVENTS}/types")).text)

    for known in EVENT_TYPES.values():
        assert known.name in shown
        assert json.dumps(dict(known.sample), ensure_ascii=False) in shown
