"""A worker as it is, but for a carrier that stops before it places calls to certain numbers: run it, then kill it.

`BLOCKS` names a folder. A call to a number of which it holds a file blocks before its POST, having said so in that file.
"""

import asyncio
import os
from pathlib import Path

from orchestrator import logs
from orchestrator.cli.worker import serve
from orchestrator.settings import load
from orchestrator.telephony.ports import CallOrder, CarrierCall
from orchestrator.telephony.twilio import TwilioCarrier

BLOCKS = "TEST_BLOCKS"
BLOCKED = "blocked"


class BlockingCarrier(TwilioCarrier):
    """The carrier as a worker sees it that dies between its mark and its POST."""

    async def place(self, order: CallOrder) -> CarrierCall:
        if await asyncio.to_thread(_says_blocked, Path(os.environ[BLOCKS], order.to)):
            await asyncio.Event().wait()
        return await super().place(order)


def _says_blocked(signal: Path) -> bool:
    if signal.exists():
        signal.write_text(BLOCKED)
    return signal.exists()


def main() -> None:
    settings = load()
    logs.configure(level=settings.log_level, json=settings.log_json)
    token = settings.twilio_auth_token.get_secret_value()
    carrier = BlockingCarrier(settings.twilio_account_sid, token, base_url=settings.carrier_url)
    asyncio.run(serve(settings, carrier))


if __name__ == "__main__":
    main()
