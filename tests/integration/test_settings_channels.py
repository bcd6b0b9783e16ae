"""Channels on the console's settings: an admin adds them, changes what they report, their keys; others read."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import col, select

from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow
from orchestrator.intake.channels import Channel, ChannelKeys, UnknownKey
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.intake_world import a_channel_key, an_event

CHANNELS = "/console/settings/channels"
KEY = re.compile(r'class="key" dir="ltr">(rbc_[\w-]+)<')
SHOP = {"name": "shop", "kind": "store", "types": "checkout.*\norder.placed"}


@pytest.fixture
async def admin(database_url: str, database: Database) -> AsyncIterator[Browser]:
    async with a_browser(database_url, database, role=Role.ADMIN) as browser:
        yield browser


async def changes(database: Database) -> list[tuple[str, str, Any, Any]]:
    async with database.transaction() as session:
        rows = (await session.exec(select(ChangeRow).order_by(col(ChangeRow.id)))).all()
    return [(row.what, row.subject, row.before, row.after) for row in rows if row.what.startswith("channel.")]


async def of_key(database: Database, key: str) -> Channel:
    return await ChannelKeys(database).channel(f"Bearer {key}")


async def test_a_channel_that_is_added_reports_with_the_key_shown_this_once(admin: Browser, database: Database) -> None:
    answer = await admin.send(CHANNELS, **SHOP)

    (key,) = KEY.findall(answer.text)
    channel = await of_key(database, key)
    assert (channel.name, channel.types) == ("shop", ("checkout.*", "order.placed"))
    assert key not in (await admin.open(CHANNELS)).text
    after = {"kind": "store", "types": ["checkout.*", "order.placed"], "in_force": True}
    assert await changes(database) == [("channel.added", "shop", None, after)]


@pytest.mark.parametrize(
    ("field", "typed"), [("name", "two words"), ("name", "taken"), ("kind", "pigeon"), ("types", "check\0out")]
)
async def test_a_bad_value_is_told_beside_its_field_and_all_that_was_typed_stays(
    admin: Browser, database: Database, field: str, typed: str
) -> None:
    await a_channel_key(database, "taken")

    answer = await admin.send(CHANNELS, **SHOP | {field: typed})

    assert answer.status_code == 422
    assert f'id="f-{field}-fault"' in answer.text
    assert ("order.placed</textarea>" in answer.text) == (field != "types")
    assert ('value="shop"' in answer.text) == (field != "name")


async def test_what_a_channel_may_report_is_changed(admin: Browser, database: Database) -> None:
    key = await a_channel_key(database, "web", types=["checkout.*"])

    answer = await admin.send(f"{CHANNELS}/web", types="order.*, visit.begun")

    assert answer.status_code == 303
    assert (await of_key(database, key)).types == ("order.*", "visit.begun")
    what, subject, before, after = (await changes(database))[-1]
    assert (what, subject, before["types"], after["types"]) == (
        "channel.types_changed",
        "web",
        ["checkout.*"],
        ["order.*", "visit.begun"],
    )


async def test_a_new_key_ends_the_old_one_once_that_is_confirmed(admin: Browser, database: Database) -> None:
    old = await a_channel_key(database, "web")

    asked = await admin.send(f"{CHANNELS}/web/key")
    still = await of_key(database, old)
    answer = await admin.send(f"{CHANNELS}/web/key", confirmed="yes")

    (new,) = KEY.findall(answer.text)
    assert KEY.findall(asked.text) == []
    assert still.name == "web"
    assert (await of_key(database, new)).name == "web"
    with pytest.raises(UnknownKey):
        await of_key(database, old)
    assert (await changes(database))[-1][0] == "channel.key_replaced"
    assert not any(new in str(change) for change in await changes(database))


async def test_a_key_is_revoked_once_that_is_confirmed_and_a_new_one_lets_the_channel_back(
    admin: Browser, database: Database
) -> None:
    key = await a_channel_key(database, "web")

    asked = await admin.send(f"{CHANNELS}/web/revocation")
    still = await of_key(database, key)
    for _ in range(2):  # a double click revokes once
        assert (await admin.send(f"{CHANNELS}/web/revocation", confirmed="yes")).status_code == 303
    with pytest.raises(UnknownKey):
        await of_key(database, key)
    revoked = (await admin.open(CHANNELS)).text
    (new,) = KEY.findall((await admin.send(f"{CHANNELS}/web/key", confirmed="yes")).text)

    assert "Revoke this channel" in asked.text
    assert still.name == "web"
    assert ">Revoked<" in revoked
    assert (await of_key(database, new)).name == "web"
    assert [change[0] for change in await changes(database)] == [
        "channel.added",
        "channel.revoked",
        "channel.key_replaced",
    ]


async def test_the_list_tells_when_a_channel_last_reported(admin: Browser, database: Database) -> None:
    key = await a_channel_key(database, "web")
    before = (await admin.open(CHANNELS)).text

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"}
    sent = await admin.client.post("/v1/events", json=an_event(), headers=headers)

    after = (await admin.open(CHANNELS)).text
    assert sent.status_code == 202
    assert ("None lately" in before, "None lately" in after) == (True, False)
    assert "<time datetime=" in after


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
async def test_who_is_no_admin_reads_and_changes_nothing(database_url: str, database: Database, role: Role) -> None:
    await a_channel_key(database, "web")

    async with a_browser(database_url, database, role=role) as browser:
        shown = await browser.open(CHANNELS)
        refused = [
            await browser.send(CHANNELS, **SHOP),
            await browser.open(f"{CHANNELS}/web"),
            await browser.send(f"{CHANNELS}/web", types=""),
            await browser.send(f"{CHANNELS}/web/key", confirmed="yes"),
            await browser.send(f"{CHANNELS}/web/revocation", confirmed="yes"),
        ]

    assert (shown.status_code, "web" in shown.text, "Add a channel" in shown.text) == (200, True, False)
    assert [answer.status_code for answer in refused] == [403] * 5
    assert [change[0] for change in await changes(database)] == ["channel.added"]


async def test_a_channel_that_is_not_there_is_not_found(admin: Browser) -> None:
    assert (await admin.open(f"{CHANNELS}/nowhere")).status_code == 404
    assert (await admin.send(f"{CHANNELS}/%00/key", confirmed="yes")).status_code == 404


async def test_a_partner_is_held_to_what_it_promises_and_to_nothing_again(admin: Browser, database: Database) -> None:
    await admin.send(CHANNELS, name="courier", kind="partner")

    promised = await admin.send(f"{CHANNELS}/courier/level", minutes="10", percent="95 %")
    listed, shown = (await admin.open(CHANNELS)).text, (await admin.open(f"{CHANNELS}/courier")).text
    await admin.send(f"{CHANNELS}/courier/level")

    assert promised.status_code == 303
    assert "95% within 10 min" in listed
    assert 'value="95%"' in shown
    _, (what, subject, _, held), (_, _, before, after) = await changes(database)
    assert (what, subject) == ("channel.level_changed", "courier")
    assert (held["on_time_within"], held["on_time_share"]) == ("10m", 0.95)
    assert (before, "on_time_within" in after) == (held, False)


@pytest.mark.parametrize(
    ("minutes", "percent", "fields"),
    [("soon", "95", ["minutes"]), ("10", "101", ["percent"]), ("10", "", ["percent"]), ("0", "0", ["minutes", "percent"])],
)
async def test_a_promise_that_does_not_fit_is_told_beside_its_fields_and_stays(
    admin: Browser, database: Database, minutes: str, percent: str, fields: list[str]
) -> None:
    await admin.send(CHANNELS, name="courier", kind="partner")

    answer = await admin.send(f"{CHANNELS}/courier/level", minutes=minutes, percent=percent)

    assert answer.status_code == 422
    assert [field for field in ("minutes", "percent") if f'id="f-{field}-fault"' in answer.text] == fields
    assert f'value="{minutes}"' in answer.text
    assert len(await changes(database)) == 1


async def test_only_a_partner_is_held_to_a_level(admin: Browser, database: Database) -> None:
    await a_channel_key(database, "web")

    answer = await admin.send(f"{CHANNELS}/web/level", minutes="10", percent="95")

    assert answer.status_code == 422
    assert "What this partner promises" not in (await admin.open(f"{CHANNELS}/web")).text
    assert [what for what, *_ in await changes(database)] == ["channel.added"]
