"""The life of an escalation: its states, its outcomes, the states of a promise, and the only transitions there are."""

from enum import StrEnum

from orchestrator.errors import OrchestratorError


class State(StrEnum):
    OPEN = "open"
    WAITING = "waiting"
    QUEUED = "queued"
    RESERVED = "reserved"
    ASSIGNED = "assigned"
    DIALING = "dialing"
    CONNECTED = "connected"
    WRAPPING = "wrapping"
    CLOSED = "closed"


HELD_BACK = (State.OPEN, State.WAITING)  # before there is a task


class Outcome(StrEnum):
    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    RESOLVED_BY_CUSTOMER = "resolved_by_customer"
    UNREACHABLE = "unreachable"
    DECLINED = "declined"
    OPTED_OUT = "opted_out"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CONTROL = "control"
    FAILED = "failed"
    CANCELED = "canceled"


class PromiseState(StrEnum):
    WRITTEN = "written"  # the row is there, the words are not out yet: not a promise so far
    OPEN = "open"
    KEPT = "kept"
    RENEWED = "renewed"  # an apology and a new time went out before it broke; the new promise points back here
    BROKEN = "broken"
    RELEASED = "released"  # by the customer
    UNSAID = "unsaid"  # the words never went out: it never was a promise


class IllegalTransition(OrchestratorError):
    """A change of state the table does not know: a bug, never a silent write."""

    code = "illegal_transition"


_BACK = frozenset({State.WAITING, State.QUEUED, State.CLOSED})

TRANSITIONS: dict[State, frozenset[State]] = {
    State.OPEN: frozenset({State.WAITING, State.QUEUED, State.RESERVED, State.CLOSED}),
    State.WAITING: frozenset({State.QUEUED, State.RESERVED, State.CLOSED}),
    State.QUEUED: _BACK | {State.RESERVED, State.ASSIGNED},
    State.RESERVED: _BACK | {State.ASSIGNED, State.DIALING},
    State.ASSIGNED: _BACK | {State.DIALING, State.WRAPPING},
    State.DIALING: _BACK | {State.CONNECTED, State.WRAPPING, State.ASSIGNED},
    State.CONNECTED: _BACK | {State.WRAPPING},
    State.WRAPPING: _BACK | {State.ASSIGNED},
    State.CLOSED: frozenset(),
}


def check_transition(before: State, after: State) -> None:
    """Raise `IllegalTransition` unless `after` may follow `before`; staying where one is is always allowed, but closed."""
    if after is before and before is not State.CLOSED:
        return
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(f"an escalation cannot go from {before} to {after}")
