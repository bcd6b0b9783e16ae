"""What a browser has to load before the desk works."""

import gzip
import re

from api.pages.assets import asset
from orchestrator.identity.people import Role
from orchestrator.storage.database import Database
from tests.integration.console_floor import Browser, a_browser
from tests.integration.floor import a_queue, an_agent

_BUDGET = 150_000  # bytes of script and style, compressed
_LINKS = re.compile(r'<script\b[^>]*\bsrc="([^"]+)"|<link\b[^>]*\brel="stylesheet"[^>]*\bhref="([^"]+)"')


async def test_the_desk_loads_no_more_script_and_style_than_it_may(database_url: str, database: Database) -> None:
    async with database.transaction() as session:
        await a_queue(session)
        await an_agent(session)

    async with a_browser(database_url, database, role=Role.AGENT) as browser:
        loaded = addresses((await browser.open("/desk")).text)
        weight = sum([await compressed(browser, address) for address in loaded])

    assert {asset("ringback.css"), asset("ringback.js"), asset("htmx.min.js"), asset("hx-sse.min.js")} <= set(loaded)
    assert weight <= _BUDGET


def test_scripts_and_styles_are_found_and_nothing_else() -> None:
    page = '<link rel="icon" href="/i.svg"><link rel="stylesheet" href="/a.css"><script src="/b.js" defer></script>'

    assert list(addresses(page)) == ["/a.css", "/b.js"]


def addresses(page: str) -> list[str]:
    return [script or sheet for script, sheet in _LINKS.findall(page)]


async def compressed(browser: Browser, address: str) -> int:
    answer = await browser.open(address)
    assert answer.status_code == 200
    return len(gzip.compress(answer.content, mtime=0))
