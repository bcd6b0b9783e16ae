"""Scripts and messages on the console: words are previewed in both languages, saved, and given back."""

import re
from html import unescape

import pytest
from sqlmodel import select

from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.escalations.words import Language
from orchestrator.identity.people import Role
from orchestrator.identity.tables import ChangeRow
from orchestrator.storage.database import Database
from orchestrator.wording.shipped import shipped_script, shipped_template
from orchestrator.wording.tables import ScriptRow, TemplateRow
from tests.integration.console_floor import a_browser
from tests.integration.floor import RULE
from tests.integration.test_wording import NOW

SCRIPTS, TEMPLATES = "/console/settings/scripts", "/console/settings/templates"
CHECKOUT = {
    "about_en": "your basket",
    "about_he": "הסל שלך",
    "opening_en": "Shall we finish?",
    "opening_he": "נסיים יחד?",
}
LINK = {"body_en": "{who} waits for you. Reply STOP to end.", "body_he": "{who} כאן. להסרה STOP."}
HOSTILE = "<script>alert(1)</script>"


async def a_rule_in_force(database: Database, document: str) -> None:
    async with database.transaction() as session:
        name = document.split("rule:")[1].split()[0]
        session.add(RuleVersionRow(rule=name, version=1, document=document, digest="", author="test", created_at=NOW))
        session.add(RuleRow(name=name, state=RuleState.PUBLISHED, version=1, changed_at=NOW, since=NOW))


async def test_a_supervisor_changes_a_script_in_both_languages_at_once(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"{SCRIPTS}/checkout", act="save", **CHECKOUT)
        shown = (await browser.open(SCRIPTS)).text

    assert (answer.status_code, answer.headers["location"]) == (303, SCRIPTS)
    assert "your basket" in shown
    async with database.transaction() as session:
        rows = {row.language: row for row in (await session.exec(select(ScriptRow))).all()}
        (change,) = (await session.exec(select(ChangeRow).where(ChangeRow.what == "script.changed"))).all()
    assert (rows[Language.HEBREW].about, rows[Language.HEBREW].opening) == ("הסל שלך", "נסיים יחד?")
    assert (change.who, change.subject) == (browser.viewer.login, "checkout")


async def test_a_supervisor_changes_a_message_and_gives_it_back(database_url: str, database: Database) -> None:
    shipped = shipped_template("finish-link")
    assert shipped is not None
    async with a_browser(database_url, database) as browser:
        await browser.send(f"{TEMPLATES}/finish-link", act="save", **LINK)
        changed = unescape((await browser.open(TEMPLATES)).text)
        answer = await browser.send(f"{TEMPLATES}/finish-link/restoration")
        restored = unescape((await browser.open(TEMPLATES)).text)

    assert (answer.status_code, answer.headers["location"]) == (303, TEMPLATES)
    assert (LINK["body_he"] in changed, shipped[Language.HEBREW] in changed) == (True, False)
    assert (LINK["body_he"] in restored, shipped[Language.HEBREW] in restored) == (False, True)


async def test_the_preview_shows_how_a_script_will_sound_and_saves_nothing(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        shown = await browser.send(f"{SCRIPTS}/checkout", act="preview", **CHECKOUT)

    assert shown.status_code == 200
    assert "It is about: <strong>your basket</strong>. To talk to one of our people now, press 1." in shown.text
    assert "הנושא: <strong>הסל שלך</strong>. לשיחה עם נציג עכשיו" in shown.text
    assert "Hello Noa Levi, this is Dana. Shall we finish?" in shown.text
    assert "שלום נועה לוי, כאן דנה. נסיים יחד?" in shown.text
    async with database.transaction() as session:
        assert (await session.exec(select(ScriptRow))).all() == []


async def test_the_preview_of_a_message_fills_it_and_counts_its_parts(database_url: str, database: Database) -> None:
    words = {"body_en": "We will call you {when}. " + "a" * 140, "body_he": "{who}: נתקשר {when}." + "א" * 40}
    async with a_browser(database_url, database) as browser:
        shown = (await browser.send(f"{TEMPLATES}/promise/preview", **words)).text

    assert "<html" not in shown
    assert "We will call you by 14:30." in shown
    assert "שירות הלקוחות: נתקשר עד השעה 14:30." in shown
    assert re.findall(r"(\d+ parts?)</span> .*?(\d+ of \d+) characters", shown) == [
        ("2 parts", "167 of 306"),
        ("2 parts", "75 of 134"),
    ]


async def test_what_is_spoken_is_not_counted(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        shown = (await browser.open(f"{TEMPLATES}/later")).text

    assert "The customer hears" in shown
    assert "characters" not in shown


@pytest.mark.parametrize("act", ["save", "preview"])
async def test_what_does_not_fit_is_said_beside_its_field_and_all_is_kept(
    database_url: str, database: Database, act: str
) -> None:
    typed = CHECKOUT | {"about_he": "your basket", "opening_en": f"Call {{who}} {HOSTILE}"}
    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"{SCRIPTS}/checkout", act=act, **typed)

    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 2
    assert "No Hebrew letter stands here. Write this one in Hebrew." in answer.text
    assert "Nothing is filled in for {who} here. Write it in words." in answer.text
    assert HOSTILE not in answer.text
    for field in ("about_en", "about_he"):
        assert f'value="{typed[field]}"' in answer.text
    for field in ("opening_en", "opening_he"):
        assert f"\n{typed[field]}</textarea>" in unescape(answer.text)


async def test_a_message_without_the_way_out_is_not_saved(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, locale="he") as browser:
        answer = await browser.send(f"{TEMPLATES}/finish-link", act="save", **(LINK | {"body_he": "{who} כאן."}))

    assert answer.status_code == 422
    assert "המילה STOP חייבת להישאר" in answer.text
    assert LINK["body_en"] in answer.text
    async with database.transaction() as session:
        assert (await session.exec(select(TemplateRow))).all() == []


async def test_characters_that_turn_the_text_around_are_taken_out_and_told_of(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        answer = await browser.send(f"{TEMPLATES}/promise", act="save", body_en="We call {when}\u202e!", body_he="נתקשר {when}")

    assert answer.status_code == 422
    assert "Characters that nobody sees were taken out." in answer.text
    assert ("\u202e" in answer.text, "\nWe call {when}!</textarea>" in answer.text) == (False, True)


async def test_a_rule_whose_names_have_no_words_is_told_of(database_url: str, database: Database) -> None:
    document = RULE.replace("script: checkout", "script: of-our-own").replace("}}]", "}}, {message: {template: bye}}]", 1)
    await a_rule_in_force(
        database, document.replace("[{type: checkout.abandoned}}, {message: {template: bye}}]", "[{type: x}]")
    )
    async with a_browser(database_url, database) as browser:
        scripts, templates = (await browser.open(SCRIPTS)).text, (await browser.open(TEMPLATES)).text
        await browser.send(f"{SCRIPTS}/of-our-own", act="save", **CHECKOUT)
        after = (await browser.open(SCRIPTS)).text

    told = "names script <bdi>of-our-own</bdi>, which has no words: the rule's title is said."
    assert (told in scripts, told in after) == (True, False)
    assert "names template <bdi>bye</bdi>, which has no words: general words are sent." in templates


async def test_a_new_name_leads_to_its_words_and_a_bad_one_is_kept(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database) as browser:
        good, bad = await browser.send(SCRIPTS, name=" of-our-own "), await browser.send(SCRIPTS, name="two words")
        missing = await browser.open(f"{SCRIPTS}/two%20words")
        blank = await browser.open(f"{SCRIPTS}/of-our-own")

    assert (good.status_code, good.headers["location"]) == (303, f"{SCRIPTS}/of-our-own")
    assert (bad.status_code, 'value="two words"' in bad.text) == (422, True)
    assert (missing.status_code, blank.status_code) == (404, 200)


@pytest.mark.parametrize(("role", "read"), [(Role.AUDITOR, 200), (Role.AGENT, 403)])
async def test_who_may_not_change_words_may_at_most_read_them(
    database_url: str, database: Database, role: Role, read: int
) -> None:
    shipped = shipped_script("checkout")
    assert shipped is not None
    async with a_browser(database_url, database, role=role) as browser:
        page = await browser.open(f"{SCRIPTS}/checkout")
        sent = [
            await browser.send(f"{SCRIPTS}/checkout", act="save", **CHECKOUT),
            await browser.send(f"{SCRIPTS}/checkout/preview", **CHECKOUT),
            await browser.send(f"{SCRIPTS}/checkout/restoration"),
            await browser.send(f"{TEMPLATES}/finish-link", act="save", **LINK),
            await browser.send(f"{TEMPLATES}/finish-link/restoration"),
        ]

    assert page.status_code == read
    assert (shipped[Language.HEBREW].about in page.text, "<textarea" in page.text) == (read == 200, False)
    assert {answer.status_code for answer in sent} == {403}
