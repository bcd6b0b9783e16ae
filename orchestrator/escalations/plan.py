"""The steps of a rule as the process walks them, and what follows each result of a try. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from orchestrator.availability.purposes import Medium


class StepKind(StrEnum):
    CALLBACK = "callback"  # agent-first
    CALL = "call"  # customer-first
    MESSAGE = "message"

    @property
    def medium(self) -> Medium:
        match self:
            case StepKind.CALLBACK:
                return Medium.VOICE_PERSON
            case StepKind.CALL:
                return Medium.VOICE_RECORDED
            case StepKind.MESSAGE:
                return Medium.SMS
            case _:
                assert_never(self)


class Result(StrEnum):
    """How one try to reach the customer ended, other than by a talk that settles the case."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    VOICEMAIL = "voicemail"
    FAILED = "failed"
    REFUSED = "refused"
    INVALID_NUMBER = "invalid_number"
    WRONG_NUMBER = "wrong_number"
    CALL_AGAIN = "call_again"
    UNKNOWN = "unknown"
    NOT_PLACED = "not_placed"  # it surely never rang, and may be tried again soon


_NUMBER_IS_WRONG = frozenset({Result.INVALID_NUMBER, Result.WRONG_NUMBER})
# The customer was there and is to be called again, or nothing rang: no try was used up, and the expiry ends this.
_NO_TRY = frozenset({Result.CALL_AGAIN, Result.NOT_PLACED})
_SOON = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Delays:
    """How long to leave the customer alone after a try, by how it ended."""

    no_answer: timedelta
    busy: timedelta
    machine: timedelta

    def after(self, result: Result) -> timedelta:
        match result:
            case Result.BUSY | Result.CALL_AGAIN:
                return self.busy
            case Result.MACHINE | Result.VOICEMAIL:
                return self.machine
            case Result.INVALID_NUMBER | Result.WRONG_NUMBER:
                return timedelta(0)
            case Result.NOT_PLACED:
                return _SOON
            case Result.NO_ANSWER | Result.FAILED | Result.REFUSED | Result.UNKNOWN:
                return self.no_answer
            case _:
                assert_never(result)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One step. `due` is how soon a person shall speak to the customer; `tell` makes it a promise, by that medium."""

    kind: StepKind
    delays: Delays
    queue: str | None = None
    due: timedelta | None = None
    tell: str | None = None
    script: str | None = None
    template: str | None = None
    skip_when_closed: bool = False
    tries: int = 1

    @property
    def medium(self) -> Medium:
        return self.kind.medium


@dataclass(frozen=True, slots=True)
class Again:
    """The same step once more, `delay` from now; `counted` tells whether a try was used up."""

    delay: timedelta
    counted: bool = True


@dataclass(frozen=True, slots=True)
class Onward:
    """The next step, `delay` from now."""

    delay: timedelta = timedelta(0)


def follow(step: PlanStep, *, tries: int, result: Result) -> Again | Onward:
    """Return what follows `result`; `tries` counts the tries of this step before the one that ended so."""
    if result in _NUMBER_IS_WRONG:
        return Onward()
    if result in _NO_TRY:
        return Again(step.delays.after(result), counted=False)
    if tries + 1 < step.tries:
        return Again(step.delays.after(result))
    # Nobody can say whether an unclear call rang, so the plan leaves the customer alone as if it had (design, 7).
    return Onward(step.delays.after(result) if result is Result.UNKNOWN else timedelta(0))
