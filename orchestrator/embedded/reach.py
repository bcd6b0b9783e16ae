"""Asking a server whether it is there, and saying how to mend it if not. For `ringback doctor` and before a start."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import psycopg

from orchestrator.errors import BadInput

PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One part looked at: what was found, in words; and where it is not well, how to mend it."""

    part: str
    well: bool
    found: str
    fix: str | None = None

    def demand(self) -> None:
        """Raise `BadInput` in one line unless all is well."""
        if not self.well:
            raise BadInput(self.found, field=self.part, fix=self.fix)


async def database(url: str) -> Finding:
    """Connect to PostgreSQL and ask for its version."""
    where = _place(url)
    try:
        async with await psycopg.AsyncConnection.connect(
            url.replace("+psycopg", "", 1), connect_timeout=PATIENCE.seconds
        ) as connection:
            version = connection.info.server_version
    except (psycopg.OperationalError, psycopg.ProgrammingError, UnicodeError) as error:
        fix = "check RINGBACK_DATABASE_URL and that the server runs, or unset it for the embedded one"
        return Finding("database", False, f"PostgreSQL at {where} does not answer: {_reason(error)}", fix)
    return Finding("database", True, f"PostgreSQL {version // 10_000}.{version % 10_000} at {where}")


async def http(part: str, url: str, *, path: str, fix: str) -> Finding:
    """Ask an HTTP server for a page that needs no credentials; any answer of its own makes it reachable."""
    where = _place(url)
    async with httpx.AsyncClient(timeout=PATIENCE.seconds, trust_env=False) as client:
        try:
            answer = await client.get(url + path)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            return Finding(part, False, f"{where} does not answer: {type(error).__name__}", fix)
    if answer.is_server_error:
        return Finding(part, False, f"{where} answers {answer.status_code}", fix)
    return Finding(part, True, f"{where} answers")


def _place(url: str) -> str:
    """Return host and port alone: the rest of a URL may hold a password."""
    return urlsplit(url).netloc.rpartition("@")[2] or "an address without a host"


def _reason(error: psycopg.Error | UnicodeError) -> str:
    # The driver's first line names the host and what the system said; it never holds the password.
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
