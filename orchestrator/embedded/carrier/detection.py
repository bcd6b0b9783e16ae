"""Machine detection: what answered, told before the first document or beside it (twilio-notes, 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.embedded.carrier.call import Call, Detection
from orchestrator.embedded.carrier.callbacks import Lane
from orchestrator.embedded.carrier.pace import Pace, race
from orchestrator.embedded.carrier.phones import Behaviour

if TYPE_CHECKING:
    from orchestrator.embedded.carrier.exchange import Exchange

USUAL_SECONDS = 4.0  # A person hears some four seconds of silence while a synchronous verdict is found.
BEEP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What answered, and after how many simulated seconds it was known."""

    answered_by: str
    seconds: float


async def detect(call: Call, detection: Detection, pace: Pace) -> Verdict:
    """Listen to the phone that answered until the verdict is there, `detection.limit` at the latest."""
    verdict = _verdict(call, detection)
    if verdict.seconds > detection.limit:
        verdict = Verdict("unknown", detection.limit)
    await pace.sleep(verdict.seconds)
    return verdict


async def tell_verdict(call: Call, detection: Detection, exchange: Exchange) -> None:
    """Detect beside the call and post the verdict; a call that ends first leaves none."""
    verdict = await race(detect(call, detection, exchange.pace), call.ended)
    if not isinstance(verdict, Verdict):
        return
    call.answered_by = verdict.answered_by
    if detection.hook is not None:
        fields = {
            "AccountSid": exchange.account_sid,
            "CallSid": call.sid,
            "AnsweredBy": verdict.answered_by,
            "MachineDetectionDuration": str(round(verdict.seconds * 1000)),
        }
        exchange.callbacks.tell(Lane(), detection.hook, fields, to=call.order.to)


def _verdict(call: Call, detection: Detection) -> Verdict:
    phone = call.phone
    machine = phone.behaviour is Behaviour.MACHINE
    if machine and detection.message_end:
        usual = Verdict("machine_end_beep", phone.greeting + BEEP_SECONDS)
    else:
        usual = Verdict("machine_start" if machine else "human", USUAL_SECONDS)
    seconds = usual.seconds if phone.verdict_after is None else phone.verdict_after
    return Verdict(phone.answered_by or usual.answered_by, seconds)
