"""The whole stack on one machine: embedded servers and our own processes, kept running, ended in order.

Start order: PostgreSQL and Temporal, the schema, the carrier simulator, the API, the worker; the end runs backwards, so
that a worker finishes what it has in hand while everything it speaks to is still there. Should this process be killed,
its children end with it (`tether.py`), and the next start goes on with the same data.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar

from orchestrator.embedded import reach
from orchestrator.embedded.folder import URLS, DataFolder, is_free
from orchestrator.embedded.keeping import Keeper, Part
from orchestrator.embedded.postgres import EmbeddedPostgres
from orchestrator.embedded.program import Program
from orchestrator.embedded.temporal import EmbeddedTemporal
from orchestrator.errors import BadInput
from orchestrator.settings import Settings, is_given, load
from orchestrator.storage.database import migrate

TWILIO = "https://api.twilio.com"
# Numbers kept for fiction: the simulator accepts any, and none of them is anybody's.
_SENDERS = "+12025550100,+12025550101"
_FIRST_API_PORT = 8080

Started = TypeVar("Started")


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
        for keeper in reversed(self._kept.values()):
            await keeper.stop()
        self._kept.clear()
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
        api = f"http://127.0.0.1:{ports['api']}"
        database = await self._database(given)
        temporal, ui = await self._temporal(given)
        await migrate(database)
        self._folder.announce({"database_url": database, "temporal_address": temporal, "public_url": api})
        carrier = await self._carrier(given, ports["carrier"])
        await self._run("api", "--port", str(ports["api"]), ready=f"{api}/readyz")
        await self._run("worker")
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
            (await reach.database(given.database_url)).demand()
            return given.database_url
        server = EmbeddedPostgres(self._folder)
        return self._keep("postgres", server, await server.start())

    async def _temporal(self, given: Settings) -> tuple[str, str | None]:
        if given.temporal_address is not None:
            (await reach.temporal(given)).demand()
            return given.temporal_address, None
        server = EmbeddedTemporal(self._folder, namespace=given.temporal_namespace)
        listening = self._keep("temporal", server, await server.start())
        return listening.address, listening.ui

    async def _carrier(self, given: Settings, port: int) -> str:
        """Start the simulator, unless an account of Twilio's or another carrier's address was given."""
        if given.carrier_url is not None or is_given("twilio_account_sid"):
            return given.carrier_url or TWILIO
        url = f"http://127.0.0.1:{port}"
        self._folder.announce({"carrier_url": url})
        if not given.twilio_from_numbers:
            self._folder.announce({"twilio_from_numbers": _SENDERS})
        await self._run("carrier", "--port", str(port), ready=f"{url}/_sim/ledger")
        return url

    async def _run(self, *arguments: str, ready: str | None = None) -> None:
        program = Program(self._folder, *arguments, ready=ready, environment=self._environment)
        await program.start()
        self._kept[arguments[0]] = Keeper(arguments[0], program)

    def _keep(self, name: str, part: Part, started: Started) -> Started:
        self._kept[name] = Keeper(name, part)
        return started
