"""What an agent's disposition means for the case: an end with an outcome, or a result the plan goes on from. Pure."""

from enum import StrEnum

from orchestrator.errors import BadInput
from orchestrator.escalations.plan import Result
from orchestrator.escalations.states import Outcome


class Disposition(StrEnum):
    """The default result codes of agents. `not_stated` is the server's own, when a wrap-up was left open too long."""

    SOLVED = "solved"
    NOT_SOLVED = "not_solved"
    DECLINED = "declined"
    NEVER_CALL = "never_call"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    VOICEMAIL = "voicemail"
    CALL_AGAIN = "call_again"
    NOT_STATED = "not_stated"


_OUTCOMES = {
    Disposition.SOLVED: Outcome.SOLVED,
    Disposition.NOT_SOLVED: Outcome.NOT_SOLVED,
    Disposition.DECLINED: Outcome.DECLINED,
    Disposition.NEVER_CALL: Outcome.OPTED_OUT,
    Disposition.NOT_STATED: Outcome.NOT_SOLVED,
}

# Results only a call's own ending gives; the server completes a wrap-up with them when the agent does not.
_OF_CALLS = frozenset(Result) - {Result(d.value) for d in Disposition if d not in _OUTCOMES}


def outcome_of(disposition: str) -> Outcome | Result:
    """Return the outcome it closes the case with, or the result the plan goes on from. Raises `BadInput`."""
    if disposition in _OF_CALLS:
        return Result(disposition)
    try:
        known = Disposition(disposition)
    except ValueError:
        fix = "one of " + " ".join(each for each in Disposition if each is not Disposition.NOT_STATED)
        raise BadInput("there is no such disposition", field="disposition", fix=fix) from None
    return _OUTCOMES.get(known) or Result(known.value)
