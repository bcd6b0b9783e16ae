"""How an attempt moves by what the carrier and the people on the line do: rules over its row, without I/O or clock.

Callbacks come late, twice and in any order, so every rule keeps the furthest that is known: the same facts lead to the
same row whatever order they arrive in, and an attempt that has ended stays so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.telephony.ports import CallStatus
from orchestrator.telephony.tables import AttemptRow, AttemptState, Ending, Farewell, Leg

AGENT_FIRST = "agent_first"
CUSTOMER_FIRST = "customer_first"

NOW, LATER, NEVER = "1", "2", "9"  # the keys a greeting offers
KEYS = frozenset({NOW, LATER, NEVER})

_STATES = {
    CallStatus.QUEUED: AttemptState.SUBMITTED,
    CallStatus.INITIATED: AttemptState.SUBMITTED,
    CallStatus.RINGING: AttemptState.RINGING,
    CallStatus.IN_PROGRESS: AttemptState.CONNECTED,
}
_ORDER = [CallStatus.QUEUED, CallStatus.INITIATED, CallStatus.RINGING, CallStatus.IN_PROGRESS]
_FINAL = len(_ORDER)

# SIP's gone, address incomplete and does-not-exist-anywhere. A 404 is one operator's opinion today: the plan may try again.
_NO_SUCH_NUMBER = frozenset({410, 484, 604})


@dataclass(frozen=True, slots=True)
class Report:
    """What the carrier says about a call: told by a callback, or answered when asked (then without `sequence`)."""

    status: CallStatus
    at: datetime
    sequence: int | None = None
    sip_code: int | None = None
    duration: int | None = None  # seconds
    answered_by: str | None = None


def is_final(status: CallStatus) -> bool:
    return status not in _STATES


def apply(attempt: AttemptRow, report: Report) -> bool:
    """Take a report into the attempt. True when its state changed; a late or repeated report only fills in what it knows."""
    before = attempt.state
    if report.sequence is not None:
        attempt.sequence = max(attempt.sequence, report.sequence)
    _remember(attempt, report)
    if _rank(report.status) > _rank_of(attempt):
        attempt.call_status = report.status.value
    if before is not AttemptState.ENDED or attempt.ending is Ending.UNKNOWN:
        _move(attempt, report)
    _refine(attempt)
    return attempt.state is not before


def _remember(attempt: AttemptRow, report: Report) -> None:
    if report.status is CallStatus.RINGING:
        attempt.ringing_at = _earlier(attempt.ringing_at, report.at)
    elif report.status is CallStatus.IN_PROGRESS:
        attempt.answered_at = _earlier(attempt.answered_at, report.at)
    elif is_final(report.status):
        attempt.sip_code = attempt.sip_code or report.sip_code
        attempt.duration = report.duration if attempt.duration is None else attempt.duration
    attempt.answered_by = attempt.answered_by or report.answered_by


def _move(attempt: AttemptRow, report: Report) -> None:
    status = CallStatus(attempt.call_status) if attempt.call_status else report.status
    if is_final(status):
        attempt.state = AttemptState.ENDED
        attempt.ended_at = attempt.ended_at or report.at
        attempt.ending = ending_of(attempt)
    elif attempt.state is not AttemptState.ENDED:
        attempt.state = _STATES[status]
        attempt.unknown_since = None


def _rank(status: CallStatus) -> int:
    return _ORDER.index(status) if status in _STATES else _FINAL


def _rank_of(attempt: AttemptRow) -> int:
    return -1 if attempt.call_status is None else _rank(CallStatus(attempt.call_status))


def _earlier(known: datetime | None, told: datetime) -> datetime:
    return told if known is None else min(known, told)


def _refine(attempt: AttemptRow) -> None:
    """An ending that the carrier told is read anew with each later fact: a machine's verdict, a key that was pressed."""
    told = attempt.call_status is not None and is_final(CallStatus(attempt.call_status))
    if attempt.state is AttemptState.ENDED and told:
        attempt.ending = ending_of(attempt)
        # It counts as a dial if it rang, which a late callback may be the first to tell.
        rang = attempt.ending is not Ending.NOT_PLACED
        attempt.submitted_at = (attempt.submitted_at or attempt.prepared_at) if rang else None


def ending_of(attempt: AttemptRow) -> Ending:
    """Return how a call ended whose final status the carrier has told."""
    match CallStatus(attempt.call_status or CallStatus.FAILED):
        case CallStatus.BUSY:
            return Ending.BUSY
        case CallStatus.NO_ANSWER:
            return Ending.NO_ANSWER
        case CallStatus.CANCELED:
            wanted = attempt.cancel_requested_at is not None or attempt.ringing_at is not None
            return Ending.CANCELED if wanted else Ending.NOT_PLACED
        case CallStatus.COMPLETED:
            return _ending_of_answered(attempt)
        case _:
            return Ending.INVALID_NUMBER if attempt.sip_code in _NO_SUCH_NUMBER else Ending.FAILED


def _ending_of_answered(attempt: AttemptRow) -> Ending:
    if attempt.joined_at is not None or attempt.leg is Leg.AGENT:
        return Ending.COMPLETED
    if is_machine(attempt.answered_by) and attempt.pressed is None:
        return Ending.MACHINE
    return Ending.ABANDONED if attempt.farewell is Farewell.APOLOGY else Ending.COMPLETED


def is_machine(answered_by: str | None) -> bool:
    """Tell a machine's verdict; `unknown` is taken for a person (twilio-notes, 9)."""
    return answered_by is not None and (answered_by.startswith("machine") or answered_by == "fax")


def end(attempt: AttemptRow, ending: Ending, at: datetime, *, error_code: int | None = None) -> bool:
    """End an attempt by our own knowledge: refused, never placed, never found. False when it had ended before."""
    if attempt.state is AttemptState.ENDED:
        return False
    attempt.state, attempt.ending, attempt.ended_at = AttemptState.ENDED, ending, at
    attempt.error_code = error_code
    if ending in (Ending.REFUSED, Ending.NOT_PLACED, Ending.INVALID_NUMBER, Ending.CANCELED) and attempt.call_sid is None:
        attempt.submitted_at = None
    return True


def doubt(attempt: AttemptRow, at: datetime) -> bool:
    """Nobody can say whether the call was created. False when something else has become known meanwhile."""
    if attempt.state is not AttemptState.SUBMITTING:
        return False
    attempt.state, attempt.unknown_since = AttemptState.UNKNOWN, at
    return True


def press(attempt: AttemptRow, digits: str) -> bool:
    """Take a key the customer pressed: the first that means something stays. It proves a person, whatever detection says."""
    if digits not in KEYS or attempt.pressed is not None:
        return False
    attempt.pressed = digits
    if attempt.cancel_requested_at is not None and is_machine(attempt.answered_by) and attempt.stopped_at is None:
        attempt.cancel_requested_at = attempt.farewell = None
    _refine(attempt)
    return True


def hear(attempt: AttemptRow, answered_by: str, at: datetime) -> bool:
    """Take the verdict of machine detection. A machine's call is to be sent to the message, unless a key was pressed."""
    if attempt.answered_by is not None:
        return False
    attempt.answered_by = answered_by
    live = attempt.state is not AttemptState.ENDED and attempt.joined_at is None
    if is_machine(answered_by) and live and attempt.pressed is None and attempt.cancel_requested_at is None:
        attempt.cancel_requested_at, attempt.farewell = at, Farewell.MACHINE
    _refine(attempt)
    return True


def enter(attempt: AttemptRow, sequence: int) -> None:
    """Take that the leg entered its room; `sequence` is the room's own."""
    if attempt.room_entered is None:
        attempt.room_entered = sequence


def leave(attempt: AttemptRow, sequence: int) -> None:
    if attempt.room_left is None:
        attempt.room_left = sequence


def together(one: AttemptRow, other: AttemptRow) -> bool:
    """Tell whether both legs were in the room at one time, by the room's own order of events."""
    if one.room_entered is None or other.room_entered is None:
        return False
    lefts = [left for left in (one.room_left, other.room_left) if left is not None]
    return all(max(one.room_entered, other.room_entered) < left for left in lefts)


def seem_together(agent: AttemptRow, customer: AttemptRow, since: datetime) -> bool:
    """Tell whether both legs must be in the room by now, although the room's own callbacks were lost.

    Both were answered before `since` and are up, and each one's document led into the room.
    """
    led_in = customer.flow == AGENT_FIRST or customer.pressed == NOW
    return led_in and all(
        leg.state is AttemptState.CONNECTED
        and leg.cancel_requested_at is None
        and leg.room_left is None
        and leg.answered_at is not None
        and leg.answered_at <= since
        for leg in (agent, customer)
    )


def join(attempt: AttemptRow, at: datetime) -> bool:
    """Both people are in the room."""
    if attempt.joined_at is not None:
        return False
    attempt.joined_at = at
    _refine(attempt)
    return True


def may_wait_at_carrier(attempt: AttemptRow) -> bool:
    """Tell whether the call may still be in the carrier's queue, as far as anybody has told us."""
    queued = attempt.call_status in (None, CallStatus.QUEUED)
    return attempt.state is AttemptState.SUBMITTED and attempt.call_sid is not None and queued


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the carrier may be silent before it is asked. `submit` is the longest an answer to a POST can take."""

    ring: timedelta
    queued: timedelta
    quiet: timedelta
    poll: timedelta
    submit: timedelta = timedelta(seconds=30)

    @property
    def setup(self) -> timedelta:
        """Some ways to a phone add five seconds to its ringing (twilio-notes, 2)."""
        return self.ring + timedelta(seconds=10)


def look_again_at(attempt: AttemptRow, patience: Patience) -> datetime | None:
    """Return when to settle the attempt if nothing is heard until then; None when it has ended. Aware UTC."""
    match attempt.state:
        case AttemptState.ENDED:
            return None
        case AttemptState.PREPARED:
            return attempt.prepared_at + patience.submit
        case AttemptState.SUBMITTING:
            return _since(attempt) + patience.submit
        case AttemptState.SUBMITTED:
            return _after(attempt, _since(attempt) + patience.queued, patience)
        case AttemptState.RINGING:
            return _after(attempt, (attempt.ringing_at or _since(attempt)) + patience.setup, patience)
        case AttemptState.CONNECTED:
            return _after(attempt, (attempt.answered_at or _since(attempt)) + patience.poll, patience)
        case AttemptState.UNKNOWN:
            doubted = attempt.unknown_since or _since(attempt)
            first = doubted + min(patience.poll, timedelta(seconds=2))
            return min(_after(attempt, first, patience), max(doubted + patience.quiet, first))


def _since(attempt: AttemptRow) -> datetime:
    return attempt.submitted_at or attempt.prepared_at


def _after(attempt: AttemptRow, due: datetime, patience: Patience) -> datetime:
    return due if attempt.looked_at is None else max(due, attempt.looked_at + patience.poll)


def wants_stop(attempt: AttemptRow) -> bool:
    """Tell whether the attempt's call is to be ended or redirected and the carrier has not taken that yet.

    Where no call is known yet (`call_sid` none), there is nothing to stop so far; one that appears answers by its row.
    A call that is being told goodbye, because its customer pressed 2 or 9, ends by itself.
    """
    if attempt.cancel_requested_at is None or attempt.stopped_at is not None or attempt.state is AttemptState.ENDED:
        return False
    hears_goodbye = attempt.state is AttemptState.CONNECTED and attempt.pressed in (LATER, NEVER)
    return not hears_goodbye and (attempt.state is AttemptState.PREPARED or attempt.call_sid is not None)
