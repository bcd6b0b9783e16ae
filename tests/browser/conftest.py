"""One Chromium and one api server for the browser tests; pages are opened signed in, in any language, theme and width."""

import asyncio
import shutil
import socket
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from api.pages.frame import THEME
from api.pages.languages import COOKIE as LANGUAGE
from api.pages.people import COOKIE, Role, Viewer
from orchestrator.cli.api import server
from orchestrator.embedded.probing import until
from orchestrator.identity import sessions
from orchestrator.identity.accounts import person_of
from orchestrator.storage.database import Database
from tests.integration.floor import some_settings
from tests.integration.people_floor import signed_in

WIDE = (1280, 800)
NARROW = (390, 844)
_PATIENCE = timedelta(seconds=20)
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--font-render-hinting=none"]


class ChromiumMissing(Exception):
    """The machine has no Chromium; the text is the command that brings it."""


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium, without a window."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise ChromiumMissing("sudo apt-get install -y --no-install-recommends chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def site(database_url: str) -> AsyncIterator[str]:
    """The address of a real api server on this test's database."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = some_settings(database_url).changed(reservation=timedelta(minutes=10))  # an offer stays while it is looked at
    running = server(settings, host="127.0.0.1", port=listening.getsockname()[1])
    thread = threading.Thread(target=running.run, args=([listening],))
    thread.start()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert await until(lambda: _answers(client, url), None, within=_PATIENCE)
    yield url
    running.should_exit = True
    await asyncio.to_thread(thread.join)


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/nothing")).status_code == 404
    except httpx.TransportError:
        return False


@dataclass(frozen=True, slots=True)
class Visitors:
    """Opens browser contexts, each a device of its own."""

    browser: Browser
    site: str
    database: Database

    async def anybody(
        self, *, language: str = "en", theme: str | None = None, size: tuple[int, int] = WIDE, script: bool = True
    ) -> BrowserContext:
        """A device on which nobody is signed in."""
        context = await self.browser.new_context(
            base_url=self.site,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            reduced_motion="reduce",
            extra_http_headers={"Accept-Language": language},
        )
        context.set_default_timeout(15_000)
        await self.choose(context, language=language, theme=theme)
        return context

    async def choose(self, context: BrowserContext, *, language: str, theme: str | None) -> None:
        """Choose for the device what its menu would choose."""
        await self._keep(context, LANGUAGE, language)
        if theme is not None:
            await self._keep(context, THEME, theme)

    async def person(
        self,
        role: Role,
        *,
        agent_id: UUID | None = None,
        language: str = "en",
        theme: str | None = None,
        size: tuple[int, int] = WIDE,
        script: bool = True,
    ) -> tuple[BrowserContext, Viewer]:
        """A device on which a new person of `role` is signed in."""
        context = await self.anybody(language=language, theme=theme, size=size, script=script)
        async with httpx.AsyncClient() as jar:
            viewer = await signed_in(jar, self.database, role=role, agent_id=agent_id, locale=language)
            await self._keep(context, COOKIE, jar.cookies[COOKIE])
        return context, viewer

    async def known(self, login: str) -> BrowserContext:
        """A device on which a person who is there already is signed in."""
        context = await self.anybody()
        async with self.database.transaction() as session:
            now = await self.database.clock.now(session)
            secret = await sessions.begin(session, await person_of(session, login), passed=True, now=now)
        await self._keep(context, COOKIE, secret)
        return context

    async def _keep(self, context: BrowserContext, name: str, value: str) -> None:
        await context.add_cookies([{"name": name, "value": value, "url": self.site}])


@pytest.fixture
def visitors(browser: Browser, site: str, database: Database) -> Visitors:
    return Visitors(browser, site, database)
