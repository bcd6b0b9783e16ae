"""What late events did to a moment: brought it, gave it to another id, or took it back. Pure."""

from collections.abc import Iterator
from datetime import datetime

from orchestrator.insights.explain.case_facts import MomentThen
from orchestrator.insights.explain.telling import EventNamed, Figure, Reason
from orchestrator.insights.explain.words import Say


def origin(known: MomentThen, at: datetime) -> Iterator[Reason]:
    """Yield that a moment was found late, and that it began under another id where that was known at `at`.

    That it was found late is told of every time: a moment that is told at all would else seem to have been known at once.
    """
    moment, late = known.moment, known.late
    if late is not None:
        figures: dict[str, Figure] = {
            "what": EventNamed(late.type),
            "happened": late.time,
            "span": late.received_at - late.time,
        }
        yield Reason(Say.FOUND_LATE, {"at": moment.found_at, **figures})
    elif moment.found_by is not None:
        yield Reason(Say.FOUND_LATE_SOMEHOW, {"at": moment.found_at})
    if moment.merged_at is not None and moment.merged_at <= at:
        yield Reason(Say.MERGED, {"at": moment.merged_at})


def withdrawal(known: MomentThen, at: datetime) -> Reason:
    """Return that it was taken back at `at`, and by which event, where that one is still kept."""
    against = known.against
    if against is None:
        return Reason(Say.WITHDRAWN, {"at": at})
    told: dict[str, Figure] = {"what": EventNamed(against.type), "happened": against.time, "told": against.received_at}
    return Reason(Say.WITHDRAWN_BY, {"at": at, **told})
