"""The whole stack on one machine: embedded servers and our own processes, kept running, ended in order.

The servers and the carrier simulator start first, then the schema is brought up to date, then the API and the worker
start. The worker ends first, so that it finishes what it has in hand while everything it speaks to is still there.
Should this process be killed, its children end with it (`tether.py`), and the next start goes on with the same data.
"""

import asyncio
import json
from collections.abc import Coroutine, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from orchestrator.embedded import reach, reach_temporal
from orchestrator.embedded.first_people import introduce
from orchestrator.embedded.first_start import make_ready
from orchestrator.embedded.folder import URLS, DataFolder, is_free
from orchestrator.embedded.keeping import Keeper, Part
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.embedded.program import Program
from orchestrator.embedded.temporal import EmbeddedTemporal
from orchestrator.errors import BadInput
from orchestrator.settings import Settings, is_given, load

TWILIO = "https://api.twilio.com"
# Numbers kept for fiction: the simulator accepts any, and none of them is anybody's.
_SENDERS = "+12025550100,+12025550101"
_FIRST_API_PORT = 8080

_ENDING_ORDER = ("worker", "carrier", "api", "temporal", "postgres")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where everything listens; the database's URL holds its password. `temporal_ui` is None for your own Temporal."""

    api: str
    carrier: str
    temporal_ui: str | None
    database: str


class Stack:
    """All processes on a data folder, which it claims for itself."""

    def __init__(
        self,
        folder: DataFolder,
        *,
        api_port: int | None = None,
        carrier_port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`environment` holds `RINGBACK_…` variables for our processes; a port not given is chosen and kept."""
        self._folder = folder
        self._ports = {"api": api_port, "carrier": carrier_port}
        self._environment = {"RINGBACK_DATA": str(folder.root), **(environment or {})}
        self._parts: dict[str, Part] = {}
        self._kept: dict[str, Keeper] = {}

    async def start(self) -> Addresses:
        """Start everything and return once it serves. Raises `BadInput` or `ServerFailed`, with all ended again."""
        self._folder.claim()
        try:
            return await self._start_all()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End everything in order, each after finishing what it has in hand, and give the folder free."""
        for name in _ENDING_ORDER:
            if (keeper := self._kept.pop(name, None)) is not None:
                await keeper.stop()
            elif (part := self._parts.pop(name, None)) is not None:
                await part.stop()
        self._folder.withdraw()
        self._folder.release()

    async def kill(self, name: str) -> None:
        """End one process as `kill -9` does: `postgres temporal carrier api worker`. It comes back by itself."""
        await self._kept[name].kill()

    def pid(self, name: str) -> int | None:
        """Return the process id of a part, or None while it is down."""
        return self._kept[name].pid

    def restarts(self, name: str) -> int:
        """Return how often a part has come back."""
        return self._kept[name].restarts

    async def _start_all(self) -> Addresses:
        self._folder.withdraw()
        self._folder.make_secrets()
        given = load(data=self._folder.root, running=False)
        ports = {name: self._port(name) for name in self._ports}
        await _demand_what_was_given(given)
        api = f"http://127.0.0.1:{ports['api']}"
        self._folder.announce({"public_url": api})
        database, (temporal, ui), carrier = await _together(
            self._database(given),
            self._temporal(given, f"{api}/codec"),
            self._carrier(given, ports["carrier"], sms=f"{api}/telephony/sms"),
        )
        await make_ready(database)
        if given.database_url is None:  # ours alone; to a database that was given, its owner adds people
            await introduce(database, self._folder)
        self._folder.announce({"database_url": database, "temporal_address": temporal})
        await _together(
            self._run("api", "--port", str(ports["api"]), ready=f"{api}/readyz"),
            self._run("worker"),
        )
        for name, part in self._parts.items():
            self._kept[name] = Keeper(name, part)
        addresses = Addresses(api=api, carrier=carrier, temporal_ui=ui, database=database)
        self._folder.write(URLS, json.dumps(asdict(addresses), indent=1) + "\n")
        return addresses

    def _port(self, name: str) -> int:
        if (wished := self._ports[name]) is None:
            return self._folder.port(name, first=_FIRST_API_PORT if name == "api" else None)
        if not is_free(wished):
            raise BadInput(f"port {wished} is in use", field=f"--{name}-port", fix="name a free port, or none at all")
        return wished

    async def _database(self, given: Settings) -> str:
        if given.database_url is not None:
            return given.database_url
        self._parts["postgres"] = server = EmbeddedPostgres(self._folder)
        return await server.start()

    async def _temporal(self, given: Settings, codec: str) -> tuple[str, str | None]:
        if given.temporal_address is not None:
            return given.temporal_address, None
        self._parts["temporal"] = server = EmbeddedTemporal(self._folder, namespace=given.temporal_namespace, codec=codec)
        listening = await server.start()
        self._folder.announce({"temporal_ui": listening.ui})
        return listening.address, listening.ui

    async def _carrier(self, given: Settings, port: int, *, sms: str) -> str:
        """Start the simulator, unless an account of Twilio's or another carrier's address was given."""
        if given.carrier_url is not None or is_given("twilio_account_sid"):
            return given.carrier_url or TWILIO
        url = f"http://127.0.0.1:{port}"
        self._folder.announce({"carrier_url": url})
        if not given.twilio_from_numbers:
            self._folder.announce({"twilio_from_numbers": _SENDERS})
        await self._run("carrier", "--port", str(port), "--sms-url", sms, ready=f"{url}/_sim/ledger")
        return url

    async def _run(self, *arguments: str, ready: str | None = None) -> None:
        program = Program(self._folder, *arguments, ready=ready, environment=self._environment)
        self._parts[arguments[0]] = program
        await program.start()


async def _demand_what_was_given(given: Settings) -> None:
    """Raise `BadInput` for a server that was named and does not answer, before anything is started beside it."""
    if given.database_url is not None:
        (await reach.database(given.database_url)).demand()
    if given.temporal_address is not None:
        (await reach_temporal.temporal(given)).demand()


async def _together(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    """Do all at once and return what each gave; when one fails, raise its error after the others have ended."""
    results = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
