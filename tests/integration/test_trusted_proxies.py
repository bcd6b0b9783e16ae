"""Whose word for where a request comes from is believed: that of the proxies a deployment names, and nobody else's."""

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel import select

from orchestrator.cli.api import server
from orchestrator.identity.tables import SignInTryRow
from orchestrator.storage.database import Database
from tests.integration.floor import some_settings


@pytest.mark.parametrize(("peer", "addresses"), [("10.1.2.3", 2), ("192.0.2.1", 1)])
async def test_tries_to_sign_in_are_counted_by_the_address_that_a_trusted_proxy_tells(
    database: Database, database_url: str, peer: str, addresses: int
) -> None:
    settings = some_settings(database_url).changed(trusted_proxies=("10.0.0.0/8",))
    config = server(settings, host="127.0.0.1", port=0).config
    config.load()
    assert isinstance(config.app, FastAPI)
    transport = httpx.ASGITransport(config.loaded_app, client=(peer, 40000))

    async with (
        config.app.router.lifespan_context(config.app),
        httpx.AsyncClient(transport=transport, base_url="http://ringback") as client,
    ):
        for told in ("203.0.113.7", "203.0.113.8"):
            await client.post("/sign-in", data={"login": "noa", "password": "wrong"}, headers={"X-Forwarded-For": told})

    async with database.transaction() as session:
        seen = (await session.exec(select(SignInTryRow.address_digest))).all()
    assert (len(seen), len(set(seen))) == (2, addresses)
