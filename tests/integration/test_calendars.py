"""Calendars over the API and the command line: listed, changed by who has seen them, kept as they were, retired."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.app import create_app
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, a_token, bearer, some_settings

WEEKDAYS = 'calendar: weekdays\nzone: Asia/Jerusalem\nweekly:\n  sun: ["09:00-17:00"]\n'
LONGER = WEEKDAYS.replace("17:00", "18:00")
ALL_WEEK = "calendar: weekdays\nzone: Asia/Jerusalem\nweekly:\n" + "".join(
    f'  {day}: ["09:00-17:00"]\n' for day in ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
)
PATH = "/v1/calendars/weekdays"
NEW = {"If-None-Match": "*"}


class Caller:
    """A supervisor's program."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client, self._headers = client, bearer(token)

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        return await self._client.request(method, path, headers={**self._headers, **(headers or {})}, **more)

    async def put(self, document: str, **headers: str) -> httpx.Response:
        return await self.ask("PUT", PATH, content=document, headers=headers)


@pytest.fixture
async def caller(database_url: str, database: Database) -> AsyncIterator[Caller]:
    async with database.transaction() as session:
        token = await a_token(session)
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        yield Caller(client, token)


async def test_nobody_changes_a_calendar_without_saying_what_they_saw(caller: Caller) -> None:
    await caller.put(WEEKDAYS, **NEW)

    unseen = await caller.put(LONGER)
    again = await caller.put(LONGER, **NEW)

    assert (unseen.status_code, unseen.json()["code"], unseen.json()["field"]) == (428, "precondition_required", "If-Match")
    assert (again.status_code, again.json()["code"]) == (412, "stale_calendar")
    assert (await caller.ask("GET", PATH)).json()["document"] == WEEKDAYS


async def test_who_saw_an_earlier_version_is_told_what_changed_since(caller: Caller) -> None:
    first = await caller.put(WEEKDAYS, **NEW)
    second = await caller.put(LONGER, **{"If-Match": first.headers["ETag"]})

    late = await caller.put(WEEKDAYS + "holidays: {country: IL}\n", **{"If-Match": first.headers["ETag"]})

    assert (late.status_code, late.headers["ETag"]) == (412, second.headers["ETag"])
    assert '-  sun: ["09:00-17:00"]\n+  sun: ["09:00-18:00"]\n' in late.json()["difference"]
    assert (await caller.ask("GET", PATH)).headers["ETag"] == second.headers["ETag"]


async def test_a_tag_for_a_calendar_that_does_not_exist_makes_none(caller: Caller) -> None:
    answers = [await caller.put(WEEKDAYS), await caller.put(WEEKDAYS, **{"If-Match": '"1"'})]

    assert [each.status_code for each in answers] == [428, 404]
    assert (await caller.ask("GET", "/v1/calendars")).json() == []


async def test_every_version_stays_with_its_author_and_can_be_compared(caller: Caller) -> None:
    await caller.put(WEEKDAYS, **NEW)
    await caller.put(LONGER, **{"If-Match": "*"})

    versions = (await caller.ask("GET", f"{PATH}/versions")).json()
    first = await caller.ask("GET", f"{PATH}/versions/1")
    changed = await caller.ask("GET", f"{PATH}/difference", params={"from": 1, "to": 2})

    assert [(each["version"], each["author"].startswith("token:")) for each in versions] == [(2, True), (1, True)]
    assert first.text == WEEKDAYS
    assert '+  sun: ["09:00-18:00"]' in changed.text
    assert (await caller.ask("GET", f"{PATH}/versions/3")).status_code == 404


async def test_a_calendar_in_use_is_not_retired_and_names_its_queues(caller: Caller) -> None:
    tag = {"If-Match": (await caller.put(WEEKDAYS, **NEW)).headers["ETag"]}
    await caller.ask("PUT", "/v1/queues/sales", json={"calendar": "weekdays"})
    await caller.ask("PUT", "/v1/queues/loans", json={"calendar": "weekdays"})

    refused = await caller.ask("DELETE", PATH, headers=tag)
    await caller.ask("PUT", "/v1/queues/sales", json={})
    await caller.ask("PUT", "/v1/queues/loans", json={})
    unseen = await caller.ask("DELETE", PATH)
    retired = await caller.ask("DELETE", PATH, headers=tag)

    assert (refused.status_code, refused.json()["code"]) == (409, "calendar_in_use")
    assert "loans, sales" in refused.json()["detail"]
    assert [unseen.status_code, retired.status_code] == [428, 204]


async def test_a_retired_calendar_is_nobodys_until_it_is_saved_again(caller: Caller) -> None:
    await caller.put(WEEKDAYS, **NEW)
    await caller.ask("DELETE", PATH, headers={"If-Match": "*"})

    gone = await caller.ask("GET", PATH)
    chosen = await caller.ask("PUT", "/v1/queues/sales", json={"calendar": "weekdays"})
    past = (await caller.ask("GET", f"{PATH}/versions")).json()
    back = await caller.put(WEEKDAYS, **NEW)

    assert [gone.status_code, chosen.status_code, chosen.json()["field"]] == [404, 422, "calendar"]
    assert [each["version"] for each in past] == [1]
    assert back.json()["version"] == 2


async def test_the_list_says_who_keeps_to_a_calendar_and_what_shuts_it(caller: Caller) -> None:
    await caller.put(WEEKDAYS, **NEW)
    await caller.ask("PUT", "/v1/queues/sales", json={"calendar": "weekdays"})
    await caller.ask("POST", f"{PATH}/closures", json={"reason": "a flood"})

    (known,) = (await caller.ask("GET", "/v1/calendars")).json()

    assert (known["name"], known["zone"], known["queues"]) == ("weekdays", "Asia/Jerusalem", ["sales"])
    assert (known["is_open"], known["changes_at"]) == (False, None)
    assert [close["reason"] for close in known["closures"]] == ["a flood"]


def an_ics(days: int = 3, count: int = 2) -> str:
    """A file that closes `count` dates from `days` after today on."""
    start = datetime.now(UTC) + timedelta(days=days)
    event = f"BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:{start:%Y%m%d}\nRRULE:FREQ=DAILY;COUNT={count}\nEND:VEVENT\n"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}END:VCALENDAR\n"


async def test_an_ics_file_is_shown_as_a_difference_before_it_is_saved(caller: Caller) -> None:
    tag = (await caller.put(ALL_WEEK, **NEW)).headers["ETag"]

    preview = await caller.ask("POST", f"{PATH}/ics", params={"preview": True}, content=an_ics())
    before = (await caller.ask("GET", PATH)).json()
    saved = await caller.ask("POST", f"{PATH}/ics", content=an_ics(), headers={"If-Match": tag})
    again = await caller.ask("POST", f"{PATH}/ics", params={"preview": True}, content=an_ics())

    assert (preview.json()["saved"], before["version"], before["document"]) == (False, 1, ALL_WEEK)
    assert list(preview.json()["days"].values()) == ["closed", "closed"]
    assert "+days:" in preview.json()["difference"]
    assert (saved.json()["saved"], saved.json()["version"], saved.json()["days"]) == (True, 2, preview.json()["days"])
    assert again.json()["days"] == {}


async def test_an_ics_file_changes_nothing_for_who_has_not_seen_the_calendar_or_sends_nonsense(caller: Caller) -> None:
    await caller.put(ALL_WEEK, **NEW)
    hourly = an_ics().replace("DAILY", "SECONDLY")

    answers = [
        await caller.ask("POST", f"{PATH}/ics", content=an_ics()),
        await caller.ask("POST", f"{PATH}/ics", content=hourly, headers={"If-Match": "*"}),
        await caller.ask("POST", f"{PATH}/ics", content="x" * 1_500_000, headers={"If-Match": "*"}),
        await caller.ask("POST", f"{PATH}/ics", content="x" * 5_000_000, headers={"If-Match": "*"}),
    ]

    assert [each.status_code for each in answers] == [428, 422, 422, 422]
    assert (answers[1].json()["code"], answers[1].json()["field"]) == ("bad_ics", "VEVENT.RRULE")
    assert answers[1].json()["fix"]
    assert (await caller.ask("GET", PATH)).json()["version"] == 1


async def test_an_export_comes_back_as_the_same_days(caller: Caller) -> None:
    await caller.put(ALL_WEEK + "holidays: {country: IL}\n", **NEW)

    file = await caller.ask("GET", f"{PATH}/ics")
    back = await caller.ask("POST", f"{PATH}/ics", params={"preview": True}, content=file.content)
    refused = await caller.ask("GET", f"{PATH}/ics", params={"from": "2026-01-01", "until": "2031-01-01"})

    assert file.headers["content-type"].startswith("text/calendar")
    assert (back.status_code, back.json()["days"]) == (200, {})
    beyond = await caller.ask("GET", f"{PATH}/ics", params={"from": "9999-12-31"})
    assert (refused.status_code, refused.json()["field"]) == (422, "until")
    assert (beyond.status_code, beyond.json()["field"]) == (422, "from")


async def test_a_queues_own_time_to_call_back_is_kept_and_shown(caller: Caller) -> None:
    body = {"callback_within": "3h", "callback_cutoff": "2h"}

    saved = await caller.ask("PUT", "/v1/queues/sales", json=body)
    refused = [
        await caller.ask("PUT", "/v1/queues/sales", json=wrong)
        for wrong in ({"callback_within": "3"}, {"callback_within": "31d"}, {"callback_cutoff": "25h"})
    ]

    assert {name: saved.json()[name] for name in body} == body
    assert [(each.status_code, each.json()["field"]) for each in refused] == [
        (422, "callback_within"),
        (422, "callback_within"),
        (422, "callback_cutoff"),
    ]
    assert all(each.json()["fix"] for each in refused)
