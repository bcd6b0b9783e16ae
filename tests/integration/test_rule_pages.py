"""Rules on the console: written with the lint beside them, saved by what was seen, published, paused and gone back to."""

from html import unescape

import pytest

from api.pages.people import Role
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.rule_life.listing import rule_record
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue
from tests.integration.test_rule_life import LONGER, MOVED, NEVER, UNKNOWN_QUEUE

RULES, MINE = "/console/rules", "/console/rules/moved"


async def a_floor(database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session, "sales")


async def tag(browser: Browser) -> str:
    return tag_in((await browser.open(MINE)).text)


def tag_in(page: str) -> str:
    return unescape(page.split('name="seen" value="')[1].split('"')[0])


async def save(browser: Browser, document: str, *, is_new: bool = False) -> None:
    answer = await browser.send(MINE, document=document.replace("\n", "\r\n"), seen="" if is_new else await tag(browser))
    assert answer.headers["location"] == f"{MINE}?done=saved"


async def stored(database: Database) -> tuple[RuleState, int, str]:
    async with database.transaction() as session:
        record = await rule_record(session, "moved")
        return RuleState(record.rule.state), record.rule.version, record.versions[0].document


async def test_a_rule_is_written_saved_and_published(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        named = await browser.send(RULES, name="moved")
        blank = (await browser.open(MINE)).text
        await save(browser, MOVED, is_new=True)
        published = await browser.send(f"{MINE}/decision", verb="publish", seen=await tag(browser))
        listed = (await browser.open(RULES)).text

    assert named.headers["location"] == MINE
    assert "Something was left unfinished" in blank
    assert published.headers["location"] == f"{MINE}?done=publish"
    assert await stored(database) == (RuleState.PUBLISHED, 1, MOVED)
    assert ">Published</span>" in listed


async def test_a_name_that_no_rule_can_have_is_refused_beside_its_field(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        answer = await browser.send(RULES, name="Moved House")

    assert answer.status_code == 422
    assert 'value="Moved House"' in answer.text
    assert "Use 1 to 64 small letters, digits and hyphens." in answer.text


async def test_what_does_not_fit_is_told_with_its_line_and_all_that_was_typed(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        answer = await browser.send(MINE, document=MOVED.replace("7d", "soon"), seen="")

    assert answer.status_code == 422
    assert "expires: soon" in answer.text
    assert '<span class="mono" dir="ltr">5:10</span>' in answer.text


async def test_findings_are_told_while_somebody_types_and_nothing_is_kept(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        checked = (await browser.send(f"{MINE}/check", document=NEVER)).text
        clean = (await browser.send(f"{MINE}/check", document="rule: [")).text

    assert "Never met" in checked
    assert "line 3, column " in checked
    assert "This is not YAML" in clean
    async with database.transaction() as session:
        assert await session.get(RuleRow, "moved") is None


async def test_of_two_editors_the_second_sees_the_difference_and_keeps_what_they_typed(
    database_url: str, database: Database
) -> None:
    await a_floor(database)
    mine = MOVED.replace("8h", "9h")
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        seen = await tag(browser)
        await save(browser, LONGER)
        refused = await browser.send(MINE, document=mine, seen=seen)
        again = await browser.send(MINE, document=mine, seen=tag_in(refused.text))

    shown = unescape(refused.text)
    assert refused.status_code == 412
    assert "+expires: 8d" in shown
    assert "due: 9h" in shown
    assert again.status_code == 303
    assert (await stored(database))[2] == mine


async def test_a_warning_is_confirmed_by_a_tick_and_an_error_by_nothing(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        await save(browser, UNKNOWN_QUEUE, is_new=True)
        asked = await browser.send(f"{MINE}/decision", verb="publish", seen=await tag(browser))
        before = (await stored(database))[0]
        done = await browser.send(f"{MINE}/decision", verb="publish", seen=await tag(browser), confirm="true")
        await save(browser, NEVER)
        stopped = await browser.send(f"{MINE}/decision", verb="publish", seen=await tag(browser), confirm="true")

    assert (asked.status_code, before) == (409, RuleState.DRAFT)
    assert "I have seen these warnings" in asked.text
    assert done.status_code == 303
    assert (stopped.status_code, "Never met" in stopped.text) == (422, True)
    assert await stored(database) == (RuleState.PUBLISHED, 1, NEVER)


async def test_a_rule_is_paused_resumed_gone_back_to_and_retired(database_url: str, database: Database) -> None:
    await a_floor(database)
    states = []
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        await save(browser, LONGER)
        for verb, version in (("publish", ""), ("pause", ""), ("resume", ""), ("publish", "1"), ("retire", "")):
            fields = {"version": version} if version else {}
            await browser.send(f"{MINE}/decision", verb=verb, seen=await tag(browser), **fields)
            states.append((await stored(database))[:2])
        unknown = await browser.send(f"{MINE}/decision", verb="explode", seen=await tag(browser))

    assert states == [
        (RuleState.PUBLISHED, 2),
        (RuleState.PAUSED, 2),
        (RuleState.PUBLISHED, 2),
        (RuleState.PUBLISHED, 1),
        (RuleState.RETIRED, 1),
    ]
    assert unknown.status_code == 404


async def test_a_decision_on_what_changed_meanwhile_is_not_done(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        seen = await tag(browser)
        await save(browser, LONGER)
        answer = await browser.send(f"{MINE}/decision", verb="publish", seen=seen)

    assert answer.status_code == 412
    assert (await stored(database))[0] is RuleState.DRAFT


@pytest.mark.parametrize("verb", ["", "/decision", "/check"])
async def test_an_auditor_reads_and_changes_nothing(database_url: str, database: Database, verb: str) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
    async with a_browser(database_url, database, role=Role.AUDITOR) as browser:
        shown = await browser.open(MINE)
        answer = await browser.send(f"{MINE}{verb}", document=LONGER, verb="publish", seen='"1-draft-1"')

    assert (shown.status_code, "<textarea" in shown.text) == (200, False)
    assert answer.status_code == 403


async def test_the_list_and_a_rule_are_in_hebrew_too(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database, locale="he") as browser:
        await save(browser, MOVED, is_new=True)
        listed, shown = (await browser.open(RULES)).text, (await browser.open(f"{MINE}?done=saved")).text

    assert "טיוטה" in listed
    assert "נשמר כטיוטה" in shown
