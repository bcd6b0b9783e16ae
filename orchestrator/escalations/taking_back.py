"""Taking a case back for a supervisor's reason: who was promised a call is told, or the promise says why they were not.

A promise that we take back was not released by the customer: it ends as broken, whoever was told (docs/adr/017).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.phones import BadPhone
from orchestrator.availability.purposes import Medium
from orchestrator.availability.verdicts import Go
from orchestrator.escalations import promises
from orchestrator.escalations.lifecycle import end
from orchestrator.escalations.look import Occasion, look
from orchestrator.escalations.records import note, under_way, unsettled_attempts
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.tables import EscalationRow, PromiseRow
from orchestrator.escalations.words import TAKEN_BACK, language_of
from orchestrator.intake.tables import CustomerRow
from orchestrator.settings import Settings
from orchestrator.storage.columns import Json
from orchestrator.telephony.messages import write_message
from orchestrator.telephony.numbers import customer_number
from orchestrator.wording.reading import message_of


class Told(StrEnum):
    """Whether the customer hears that the call will not come: the cause their promise ends for."""

    TOLD = "taken_back"
    UNABLE = "taken_back_untold"  # no message can or may go to them
    SILENT = "taken_back_silently"  # the supervisor chose so, and said why


@dataclass(frozen=True, slots=True)
class TakenBack:
    """`because` are the codes that hindered a message, or the supervisor's words for sending none."""

    promise_id: UUID
    told: Told
    because: tuple[str, ...] = ()

    def as_json(self) -> Json:
        """Return it as the audit keeps it."""
        return {"promise": str(self.promise_id), "customer": self.told.value, "because": list(self.because)}


async def take_back(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    *,
    reason: str,
    silent: str | None = None,
    now: datetime,
    settings: Settings,
) -> TakenBack | None:
    """Cancel the open case; return what became of the promise the customer still waits on, None where there is none.

    `silent` is why the customer is not to be told. A call under way is let finish, and keeps what was promised. The locks
    of customer and escalation are held.
    """
    escalation.canceled_reason = reason
    promise = await _owed(session, escalation, now=now)
    if promise is None:
        await end(session, customer, escalation, Outcome.CANCELED, now=now)
        return None
    taken = await _judged(session, customer, escalation, promise, silent=silent, now=now, settings=settings)
    await promises.break_open(session, escalation, cause=taken.told.value, now=now)
    await end(session, customer, escalation, Outcome.CANCELED, now=now)
    note(session, escalation, "taken_back", now=now, promise=str(promise.id), customer=taken.told.value)
    if taken.told is Told.TOLD:
        await _write(session, customer, escalation, now=now, settings=settings)
    return taken


async def _owed(session: AsyncSession, escalation: EscalationRow, *, now: datetime) -> PromiseRow | None:
    if under_way(await unsettled_attempts(session, escalation.id)):
        return None
    await promises.catch_up(session, escalation, now=now, closing=True)
    return await promises.standing(session, escalation)


async def _judged(
    session: AsyncSession,
    customer: CustomerRow,
    escalation: EscalationRow,
    promise: PromiseRow,
    *,
    silent: str | None,
    now: datetime,
    settings: Settings,
) -> TakenBack:
    """Return whether a message goes out, while the case is still open to be looked at."""
    if silent:
        return TakenBack(promise.id, Told.SILENT, (silent,))
    if isinstance(customer_number(customer.attributes, settings), BadPhone):
        return TakenBack(promise.id, Told.UNABLE, ("no_number",))
    decision = await look(
        session, customer, escalation, medium=Medium.SMS, occasion=Occasion.TAKEN_BACK, now=now, settings=settings
    )
    if isinstance(decision, Go):
        return TakenBack(promise.id, Told.TOLD)
    return TakenBack(promise.id, Told.UNABLE, tuple(code.value for code in decision.reasons))


async def _write(
    session: AsyncSession, customer: CustomerRow, escalation: EscalationRow, *, now: datetime, settings: Settings
) -> None:
    """Write the message after the end, which takes back what was prepared; the case's process sends it all the same."""
    language = language_of(customer.attributes.get("language"))
    body = await message_of(session, TAKEN_BACK, language, organisation=settings.organisation, script=None)
    await write_message(session, customer, escalation, template=TAKEN_BACK, body=body, now=now, settings=settings)
