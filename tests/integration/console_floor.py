"""A supervisor at the console, for tests: their requests, with the form's proof."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from orchestrator.identity.people import Role, Viewer
from orchestrator.storage.database import Database
from tests.integration.floor import a_client, some_settings
from tests.integration.people_floor import signed_in


class Browser:
    """A signed-in person's requests."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, viewer: Viewer) -> None:
        self.app, self.client, self.viewer = app, client, viewer

    async def open(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def send(self, path: str, **fields: Any) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.viewer.csrf, **fields})


@asynccontextmanager
async def a_browser(
    database_url: str, database: Database, *, role: Role = Role.SUPERVISOR, locale: str = "en"
) -> AsyncIterator[Browser]:
    app = create_app(some_settings(database_url))
    async with app.router.lifespan_context(app), a_client(app) as client:
        viewer = await signed_in(client, database, role=role, locale=locale)
        yield Browser(app, client, viewer)
