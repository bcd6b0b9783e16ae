"""Dialing is three acts: prepare, submit, settle (design, 7); and a fourth ends what is no longer wanted."""

from uuid import UUID

from orchestrator.detection.library import RuleLibrary
from orchestrator.settings import Settings
from orchestrator.storage.database import Database
from orchestrator.telephony.ports import Carrier
from orchestrator.telephony.preparing import DialRequest, Preparing
from orchestrator.telephony.settling import Settling
from orchestrator.telephony.submitting import Submitting


class Dialer:
    """Everything that is done about one dial, each act safe to repeat."""

    def __init__(self, database: Database, carrier: Carrier, library: RuleLibrary, settings: Settings) -> None:
        self._preparing = Preparing(database, library, settings)
        self._submitting = Submitting(database, carrier, settings)
        self._settling = Settling(database, carrier, settings)

    async def prepare(self, request: DialRequest) -> UUID | None:
        """Return the attempt to submit, or None where nobody is dialed: the escalation's row then tells why."""
        return await self._preparing.prepare(request)

    async def submit(self, attempt_id: UUID) -> None:
        """Place the call, once."""
        await self._submitting.submit(attempt_id)

    async def settle(self, attempt_id: UUID) -> None:
        """Bring the attempt up to what the carrier knows. Raises `CarrierUnavailable`."""
        await self._settling.settle(attempt_id)

    async def stop(self, attempt_id: UUID) -> None:
        """End or redirect its call, as its row says. Raises `CarrierUnavailable`."""
        await self._settling.stop(attempt_id)
