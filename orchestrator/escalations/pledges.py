"""When a promise is renewed, and in which state it ends. Pure; `promises.py` does it to rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.escalations.states import Outcome, PromiseState

# An apology is worth something only while it comes before the time that was promised, and the nearer to it, the less
# often it turns out needless: a quarter of the time promised, five minutes at most.
_SHARE = 4
_LONGEST_MARGIN = timedelta(minutes=5)

# The customer no longer waits for the call, by their own doing.
_RELEASED = frozenset({Outcome.RESOLVED_BY_CUSTOMER, Outcome.OPTED_OUT, Outcome.DECLINED, Outcome.CANCELED})
_SPOKEN = frozenset({Outcome.SOLVED, Outcome.NOT_SOLVED})


@dataclass(frozen=True, slots=True)
class Ended:
    """The named state a promise ended in, and why, as a code."""

    state: PromiseState
    cause: str


def renewal_time(*, said_at: datetime, due_at: datetime) -> datetime:
    """Return when an apology and a new time have to go out, if nobody is dialing by then. Aware UTC."""
    return due_at - min((due_at - said_at) / _SHARE, _LONGEST_MARGIN)


def end_at_close(state: PromiseState, outcome: Outcome, *, at: datetime, due_at: datetime) -> Ended:
    """Return how a promise that no call of ours has kept ends when its escalation closes with `outcome` at `at`.

    An agent who says what came of it has spoken with the customer, by whatever telephone.
    """
    if state is PromiseState.WRITTEN:
        return Ended(PromiseState.UNSAID, outcome.value)
    if outcome in _RELEASED:
        return Ended(PromiseState.RELEASED, outcome.value)
    kept = outcome in _SPOKEN and at <= due_at
    return Ended(PromiseState.KEPT if kept else PromiseState.BROKEN, outcome.value)


def end_at_connection(*, connected_at: datetime, due_at: datetime) -> Ended:
    """Return how an open promise ends when the customer and an agent are connected at last."""
    if connected_at <= due_at:
        return Ended(PromiseState.KEPT, "connected")
    return Ended(PromiseState.BROKEN, "late")
