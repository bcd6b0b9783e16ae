"""The pages of rules, events and explanations are in Hebrew whole: Latin letters stand in names and code alone."""

import re
from datetime import timedelta
from html.parser import HTMLParser

from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.intake_world import CART, COMPLAINT, World, ago, an_event
from tests.integration.test_event_pages import refused

# Words of the rule's language, of standards, and the languages' own names; all other Latin letters stand in code.
KNOWN = {
    "Asia",
    "Jerusalem",
    "he",
    "IL",
    "BCP",
    "UTC",
    "Ringback",
    "YAML",
    "CEL",
    "JSON",
    "English",
    "CloudEvents",
    "null",
    "KB",
    "UTF",
}
VOID = ("input", "br", "img", "meta", "link")
CODE = ("datalist", "option", "code", "pre", "textarea", "script", "style", "kbd")
FAULTY = """
rule: faulty
moment: faulty
detect:
  occurrence:
    on:
      - {type: checkout.startd}
      - {type: checkout.started, where: event.data.total > 5 && event.data.total < 3}
      - {type: help.searched, where: event.data.resuls * 2 > 3}
      - {type: complaint.filed}
grace: 2d
steps:
  - call: {queue: nowhere, script: none-such, attempts: {max: 9, no_answer: 1m}}
expires: 1d
"""


class _Words(HTMLParser):
    """The words a person reads, but for code and for what keeps a direction of its own: names and values."""

    def __init__(self) -> None:
        super().__init__()
        self.words: set[str] = set()
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_apart = tag in CODE or tag == "bdi" or given.get("dir") == "ltr"
        if tag not in VOID and (self._within or is_apart):
            self._within.append(tag)
        for name in ("aria-label", "title"):
            if not self._within and (value := given.get(name)) is not None:
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        if self._within:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if not self._within:
            self.words |= set(re.findall(r"[A-Za-z][A-Za-z'_-]+", data))


async def latin(browser: Browser, address: str, **typed: str) -> set[str]:
    answer = await (browser.send(address, **typed) if typed else browser.open(address))
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    reader = _Words()
    body = answer.text.partition("<main")
    reader.feed(body[1] + body[2] if body[1] else answer.text)
    return reader.words - KNOWN


async def test_no_page_of_rules_speaks_english_to_who_reads_hebrew(database_url: str, database: Database) -> None:
    world = World.on(database)
    await world.publish(CART, COMPLAINT)
    titles = {"incomplete-checkout", "complaint"}  # no title of their own: they are called by their name

    async with a_browser(database_url, database, locale="he") as browser:
        checked = [await latin(browser, "/console/rules/faulty/check", document=FAULTY)]
        checked.append(await latin(browser, "/console/rules/faulty/check", document=FAULTY + "priority: high\nworthy: 1\n"))
        pages = [await latin(browser, address) for address in ("/console/rules", "/console/rules/complaint")]

    assert checked == [set(), set()]
    assert [words - titles for words in pages] == [set(), set()]


async def test_no_page_of_events_speaks_english_to_who_reads_hebrew(database_url: str, database: Database) -> None:
    async with a_browser(database_url, database, locale="he") as browser:
        letter = await refused(browser, database)
        words = [await latin(browser, address) for address in ("/console/events", "/console/events/types", letter)]

    assert words == [set(), set(), set()]


async def test_no_explanation_speaks_english_to_who_reads_hebrew(database_url: str, database: Database) -> None:
    world, started = World.on(database), ago(minutes=30)
    await world.publish(CART, COMPLAINT)
    await world.send(
        an_event("checkout.started", at=started, cart_id="a"),
        an_event("checkout.completed", at=started + timedelta(minutes=25), cart_id="a"),
        an_event("checkout.started", at=ago(minutes=2), cart_id="b"),
        an_event(at=ago(minutes=1)),
    )

    async with a_browser(database_url, database, locale="he") as browser:
        words = await latin(browser, f"/console/customers/{(await world.customer()).id}/why")

    assert words - {"incomplete-checkout", "complaint", "ann"} == set()
