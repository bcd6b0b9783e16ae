"""`ringback worker`: one process of workflows, activities and the outbox's relay."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from orchestrator import logs
from orchestrator.settings import Settings, load
from orchestrator.storage.database import Database
from orchestrator.telephony.ports import Carrier
from orchestrator.telephony.twilio import TwilioCarrier
from workflows.worker import Parts, connect, run

_CONNECTIONS = 20


def worker(data: Annotated[Path | None, typer.Option(help="Data folder; RINGBACK_DATA otherwise.")] = None) -> None:
    """Run workflows and activities. Stateless: run as many as you like."""
    settings = load(data=data)
    logs.configure(level=settings.log_level, json=settings.log_json)
    settings.database(), settings.temporal()  # a missing address is one clear line now, not a failing start
    uvloop.run(serve(settings, carrier_of(settings)))


def carrier_of(settings: Settings) -> Carrier:
    """Return the carrier that the settings name."""
    token = settings.twilio_auth_token.get_secret_value()
    return TwilioCarrier(settings.twilio_account_sid, token, base_url=settings.carrier_url)


async def serve(settings: Settings, carrier: Carrier) -> None:
    """Work until SIGTERM or SIGINT, then finish what is under way."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    database = Database(settings.database(), pool_size=_CONNECTIONS)
    connecting, told = asyncio.create_task(connect(settings)), asyncio.create_task(ending.wait())
    try:
        await asyncio.wait((connecting, told), return_when=asyncio.FIRST_COMPLETED)
        if not ending.is_set():
            await run(Parts(settings, database, await connecting, carrier), ending)
    finally:
        connecting.cancel()
        told.cancel()
        await database.close()
