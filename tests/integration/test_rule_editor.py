"""A rule as a form beside its YAML: without script, each button brings the page back with all that was typed."""

from fractions import Fraction
from html.parser import HTMLParser

import pytest

from orchestrator.detection.rule_files import read_rule, read_rule_files
from orchestrator.detection.tables import RuleRow
from orchestrator.rule_life.listing import rule_record
from orchestrator.rule_life.shipped import SHIPPED
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.test_rule_life import MOVED
from tests.integration.test_rule_pages import MINE, a_floor, save, stored, tag

CHECK = f"{MINE}/check"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Page(HTMLParser):
    """The fields of the form `rule` on a page, as a browser would send them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.text, self._inside, self._list, self._area = text, "<form" not in text, "", ""
        self.feed(text)
        self.fields = {name: value.removeprefix("\n") for name, value in self.fields.items()}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("id") == "rule"
        if not self._inside:
            return
        if tag == "input" and "name" in given and (given.get("type") != "radio" or "checked" in given):
            self.fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._list = given["name"]
        elif tag == "option" and self._list and ("selected" in given or self._list not in self.fields):
            self.fields[self._list] = given["value"]
        elif tag == "textarea":
            self._area = given["name"]
            self.fields[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._list = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "form":
            self._inside = False


async def opened(browser: Browser, address: str = MINE) -> Page:
    return Page((await browser.open(address)).text)


async def pressed(browser: Browser, page: Page, deed: str = "", **typed: str) -> Page:
    answer = await browser.send(CHECK, **{**page.fields, **typed, "deed": deed})
    assert answer.status_code == 200
    return Page(answer.text)


async def test_a_new_rule_begins_with_a_choice_in_plain_words_and_is_whole(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        asked = (await browser.open(MINE)).text
        saved = []
        for way in ("occurrence", "absence", "date", "score"):
            name = f"/console/rules/new-{way}"
            begun = await opened(browser, f"{name}?begin={way}")
            assert "Nothing to say against it." in begun.text
            saved.append((await browser.send(name, **begun.fields)).headers["location"])

    assert all(words in asked for words in ("Something happened", "A date comes near", "?begin=score"))
    assert saved == [f"/console/rules/new-{way}?done=saved" for way in ("occurrence", "absence", "date", "score")]


async def test_every_shipped_rule_comes_back_from_the_form_as_the_very_same_text(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        for file in read_rule_files(SHIPPED):
            shown = Page((await browser.send(CHECK, document=file.text)).text)
            assert "f.priority" in shown.fields
            assert (await pressed(browser, shown)).fields["document"] == file.text


async def test_what_is_typed_in_the_form_stands_in_the_yaml_and_is_saved(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        page = await opened(browser)
        shown = await pressed(browser, page, "as_yaml", **{"f.priority": "70", "n.expires": "9"})
        answer = await browser.send(MINE, **{**page.fields, "f.priority": "70", "n.expires": "9"})

    after = MOVED.replace("expires: 7d", "expires: 9d")
    assert shown.fields["document"].replace("priority: 70\n", "") == after
    assert "priority: 70\n" in shown.fields["document"]
    assert answer.headers["location"] == f"{MINE}?done=saved"
    assert (await stored(database))[2] == shown.fields["document"]


async def test_what_is_typed_in_the_yaml_stands_in_the_form_with_what_the_form_changed(
    database_url: str, database: Database
) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        page = await opened(browser)
        typed = MOVED + "cooldown: 5d  # a while\n"
        shown = await pressed(browser, page, "as_form", document=typed, **{"f.priority": "70"})

    assert (shown.fields["n.cooldown"], shown.fields["u.cooldown"]) == ("5", "d")
    assert "# a while" in shown.fields["document"]
    assert "priority: 70" in shown.fields["document"]


async def test_a_condition_is_added_typed_and_taken_out_again(database_url: str, database: Database) -> None:
    await a_floor(database)
    at = "detect.occurrence.on.0.where"
    async with a_browser(database_url, database) as browser:
        page = await opened(browser, f"{MINE}?begin=occurrence")
        more = await pressed(browser, page, f"condition:{at}")
        kept = await pressed(browser, more, "add:steps", **{f"cf.{at}.1": "customer.region."})
        whole = await pressed(
            browser, kept, **{f"cf.{at}.1": "customer.region", f"cc.{at}.1": "equals", f"cv.{at}.1": 'no"rth'}
        )
        without = await pressed(browser, whole, f"no_condition:{at}.1")

    assert more.fields[f"cf.{at}.1"] == ""
    assert kept.fields[f"cf.{at}.1"] == "customer.region."
    assert kept.fields["document"].count("- callback:") == 2
    assert '&& has(customer.region) && customer.region == "no\\"rth"' in whole.fields["document"]
    assert "region" not in without.fields["document"]


async def test_a_finding_stands_at_the_field_that_it_concerns(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        page = await opened(browser, f"{MINE}?begin=occurrence")
        unknown = await pressed(browser, page, **{"f.steps.0.callback.queue": "nobody", "n.expires": "soon"})
        flagged = await pressed(browser, page, **{"f.steps.0.callback.queue": "nobody"})
        refused = await browser.send(MINE, **{**page.fields, "n.expires": "soon"})

    assert 'aria-describedby="note-expires' in unknown.text
    assert unknown.fields["n.expires"] == "soon"
    assert 'id="note-steps-0-callback-queue"' in flagged.text
    assert 'There is no queue <bdi dir="ltr">nobody</bdi>' in flagged.text
    assert refused.status_code == 422
    assert Page(refused.text).fields["n.expires"] == "soon"


async def test_an_expression_that_rows_cannot_say_stays_one(database_url: str, database: Database) -> None:
    await a_floor(database)
    where = "event.data.a == 1 || event.data.b == 2"
    async with a_browser(database_url, database) as browser:
        page = await opened(browser, f"{MINE}?begin=occurrence")
        document = page.fields["document"].replace("has(event.data.csat) && event.data.csat <= 2", where)
        shown = await pressed(browser, page, document=document)

    assert shown.fields["f.detect.occurrence.on.0.where"] == where


async def test_yaml_that_cannot_be_read_leaves_the_form_and_all_that_was_typed(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        page = await opened(browser, f"{MINE}?begin=score")
        broken = await pressed(browser, page, document="rule: [", **{"f.priority": "70"})
        mended = await pressed(browser, broken, document=page.fields["document"])

    assert (broken.fields["document"], broken.fields["f.priority"]) == ("rule: [", "70")
    assert "The YAML cannot be read as it stands." in broken.text
    assert "priority: 70" in mended.fields["document"]


async def test_while_somebody_types_only_the_editor_comes_back_and_nothing_is_kept(
    database_url: str, database: Database
) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        page = await opened(browser, f"{MINE}?begin=absence")
        fields = {**page.fields, "csrf": browser.viewer.csrf, "way": "score"}
        answer = await browser.client.post(CHECK, data=fields, headers=HTMX)

    assert answer.text.lstrip().startswith('<div id="editor"')
    assert "  score:\n    events:\n      - {type: checkout.started}\n" in Page(answer.text).fields["document"]
    async with database.transaction() as session:
        assert await session.get(RuleRow, "moved") is None


@pytest.mark.parametrize(
    "document", ["a", "- 1\n", "detect: 5\nsteps: x\nworth: []\ntitle: [x]\n", "", "steps: [1, {call: 2}]\n"]
)
async def test_a_document_that_is_no_rule_is_shown_as_far_as_it_goes(
    database_url: str, database: Database, document: str
) -> None:
    async with a_browser(database_url, database) as browser:
        page = Page((await browser.send(CHECK, document=document)).text)
        again = await pressed(browser, page)

    assert again.fields["document"] == document


async def test_of_two_editors_the_second_keeps_what_they_typed_in_the_form(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        page = await opened(browser)
        await save(browser, MOVED.replace("8h", "9h"))
        refused = await browser.send(MINE, **{**page.fields, "f.priority": "70"})
        again = await browser.send(MINE, **{**Page(refused.text).fields, "seen": await tag(browser)})

    assert refused.status_code == 412
    assert Page(refused.text).fields["f.priority"] == "70"
    assert again.status_code == 303
    async with database.transaction() as session:
        assert "priority: 70" in (await rule_record(session, "moved")).versions[0].document


async def test_how_sure_a_rule_is_has_a_field_that_says_what_does_not_fit(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        page = await opened(browser)
        wrong = await pressed(browser, page, **{"f.confidence": "2.0 - 0.5"})
        right = await pressed(browser, wrong, **{"f.confidence": "0.8"})

    assert 'id="note-confidence"' in wrong.text
    told = wrong.text.split('id="note-confidence"')[1].split("</p>")[0]
    assert all(each in told for each in ("The expression yields no number between 0 and 1.", "Write one like 0.8."))
    assert 'id="note-confidence"' not in right.text
    assert "\nconfidence: 0.8\n" in right.fields["document"]


async def test_a_second_plan_is_begun_changed_and_taken_back_in_the_form(database_url: str, database: Database) -> None:
    await a_floor(database)
    async with a_browser(database_url, database) as browser:
        await save(browser, MOVED, is_new=True)
        page = await opened(browser)
        begun = await pressed(browser, page, "add:split")
        wrong = await pressed(browser, begun, **{"f.split.share": "100%"})
        longer = await pressed(browser, wrong, "add:split.steps", **{"f.split.share": "20%", "split.step.0": "call"})
        moved = await pressed(browser, longer, "up:split.steps.1")
        answer = await browser.send(MINE, **moved.fields)
        gone = await pressed(browser, await opened(browser), "remove:split")

    assert "f.split.share" not in page.fields
    assert (begun.fields["f.split.share"], begun.fields["split.step.0"]) == ("50%", begun.fields["step.0"])
    assert ('id="note-split-share"' in wrong.text, 'id="note-split-share"' in longer.text) == (True, False)
    assert answer.headers["location"] == f"{MINE}?done=saved"
    split = read_rule((await stored(database))[2].encode(), name="x").document.split
    assert split is not None
    assert (split.share, [step.call is None for step in split.steps]) == (Fraction(1, 5), [True, False])
    assert moved.fields["step.0"] == page.fields["step.0"]
    assert gone.fields["document"] == MOVED
