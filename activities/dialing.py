"""Dialing, as workflows ask for it. What happens when an act runs twice is told where it is done."""

from temporalio import activity

from orchestrator.telephony.dialing import Dialer
from orchestrator.telephony.preparing import DialRequest
from orchestrator.telephony.tables import Leg
from workflows.contracts import AttemptRef, Dial, DialingActivities, Prepared


class Dialing(DialingActivities):
    def __init__(self, dialer: Dialer) -> None:
        self._dialer = dialer

    @activity.defn(name="dialing.prepare")
    async def prepare(self, dial: Dial) -> Prepared:
        """Look at all gates and write the attempt. Run twice, it finds the row of the first run."""
        request = DialRequest(
            escalation_id=dial.escalation_id, request=dial.request, leg=Leg(dial.leg.value), task_id=dial.task_id
        )
        return Prepared(attempt_id=await self._dialer.prepare(request))

    @activity.defn(name="dialing.submit")
    async def submit(self, attempt: AttemptRef) -> None:
        """Place the call. Run twice, it does nothing: the row is no longer `prepared`."""
        await self._dialer.submit(attempt.attempt_id)

    @activity.defn(name="dialing.settle")
    async def settle(self, attempt: AttemptRef) -> None:
        """Ask the carrier what became of the call. Run twice, it asks twice and creates nothing."""
        await self._dialer.settle(attempt.attempt_id)

    @activity.defn(name="dialing.stop")
    async def stop(self, attempt: AttemptRef) -> None:
        """End or redirect the call. Run twice, the second finds it stopped."""
        await self._dialer.stop(attempt.attempt_id)
