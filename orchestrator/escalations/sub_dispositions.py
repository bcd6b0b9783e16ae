"""The finer reason an agent gives with a disposition: a short list for each that needs one. Pure."""

from collections.abc import Collection, Mapping

from orchestrator.errors import BadInput
from orchestrator.escalations.outcome import Disposition

SUB_DISPOSITIONS: Mapping[Disposition, tuple[str, ...]] = {
    Disposition.SOLVED: ("finished_together", "explained", "put_right", "sold", "handed_on"),
    Disposition.NOT_SOLVED: ("needs_another_department", "no_answer_to_give", "customer_unhappy", "system_failed"),
    Disposition.DECLINED: ("not_interested", "too_expensive", "went_elsewhere", "done_already", "bad_moment"),
    Disposition.NEVER_CALL: ("asked_in_the_call", "asked_before"),
    Disposition.NO_ANSWER: ("rang_out", "busy", "hung_up_at_once"),
    Disposition.WRONG_NUMBER: ("another_person", "number_not_in_use"),
    Disposition.VOICEMAIL: ("message_left", "no_message_left"),
    Disposition.CALL_AGAIN: ("customer_asked", "line_was_bad", "cut_off"),
}


# What came of the talk itself, of which a queue may offer its agents a choice; the others are always there.
_OF_THE_TALK = (Disposition.SOLVED, Disposition.NOT_SOLVED, Disposition.DECLINED)
CHOICES = tuple(f"{each.value}/{sub}" for each in _OF_THE_TALK for sub in SUB_DISPOSITIONS[each])


def check_outcomes(outcomes: Collection[str]) -> None:
    """Check what a queue offers: none for all, else `disposition/sub` of the talk, at least one of each. Raises `BadInput`."""
    unknown = sorted(set(outcomes) - set(CHOICES))
    if unknown:
        raise BadInput(f"{unknown[0]!r} is no outcome of a talk", field="outcomes", fix=f"use some of {' '.join(CHOICES)}")
    for each in _OF_THE_TALK if outcomes else ():
        if not any(outcome.startswith(f"{each.value}/") for outcome in outcomes):
            fix = f"name at least one {each.value}/…, or no outcome at all for the whole list"
            raise BadInput(f"agents could not say {each.value}", field="outcomes", fix=fix)


def offered(outcomes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the sub-dispositions agents of a queue choose from, by disposition."""
    return {
        each.value: tuple(sub for sub in subs if not outcomes or each not in _OF_THE_TALK or f"{each.value}/{sub}" in outcomes)
        for each, subs in SUB_DISPOSITIONS.items()
    }


def check_offered(outcomes: Collection[str], disposition: str, sub: str | None) -> None:
    """Raise `BadInput` for an outcome of a talk that the task's queue leaves out; without a sub-disposition all are taken."""
    outcome = f"{disposition}/{sub}"
    if outcomes and outcome in CHOICES and outcome not in outcomes:
        fix = f"one of {' '.join(offered(outcomes)[disposition])}"
        raise BadInput("this queue's agents do not use that sub-disposition", field="sub_disposition", fix=fix)


def check_sub(disposition: str, sub: str | None) -> None:
    """Raise `BadInput` for a sub-disposition that does not belong to the disposition; None is always taken."""
    known = next((subs for each, subs in SUB_DISPOSITIONS.items() if each.value == disposition), ())
    if sub is not None and sub not in known:
        fix = f"one of {' '.join(known)}" if known else "leave it out: this disposition has none"
        raise BadInput("there is no such sub-disposition here", field="sub_disposition", fix=fix)
