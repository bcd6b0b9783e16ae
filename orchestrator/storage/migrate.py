"""Brings a database to this version's schema, by Alembic's revisions, one process at a time."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from orchestrator.storage.database import async_url
from orchestrator.storage.schema import METADATA

# Several processes may start at once: they take turns. The number is ours and means nothing.
_TURN = text("SELECT pg_advisory_xact_lock(7244263)")


def config(connection: Connection) -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


async def migrate(url: str) -> None:
    """Bring the database at `url` to this version's schema. Run twice, or by several at once, it is done once."""
    await asyncio.to_thread(_upgrade, url)


def _upgrade(url: str) -> None:
    engine = create_engine(async_url(url), hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(_TURN)
            command.upgrade(config(connection), "head")
    finally:
        engine.dispose()


def differences(connection: Connection) -> list[object]:
    """Return what the tables declare and the revisions have not made; empty when the two agree."""
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), METADATA))
