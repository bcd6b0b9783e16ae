"""What became of the message that goes where a call was not worth it. Pure."""

from collections.abc import Iterator
from datetime import datetime

from orchestrator.detection.tables import MomentStatus
from orchestrator.insights.explain.case_facts import MomentThen
from orchestrator.insights.explain.telling import Reason
from orchestrator.insights.explain.words import Say

_WHY_NOT = {
    "case_open": Say.MESSAGE_CASE_OPEN,
    "cooldown": Say.MESSAGE_COOLDOWN,
    "expired": Say.MESSAGE_EXPIRED,
    "still_needed": Say.MESSAGE_NOT_NEEDED,
    **dict.fromkeys((MomentStatus.RESOLVED.value, MomentStatus.ENDED.value), Say.MESSAGE_NOT_NEEDED),
}


def of_message(known: MomentThen, at: datetime) -> Iterator[Reason]:
    """Yield whether it went, was still to go, or why it did not, as far as that was so at `at`."""
    sent = [each.submitted_at for each in known.done.messages if each.submitted_at is not None and each.submitted_at <= at]
    not_sent = [each.detail["reasons"] for each in known.done.story if each.what == "message_not_sent"]
    if sent:
        yield Reason(Say.MESSAGE_INSTEAD, {"at": sent[0]})
    elif not_sent:
        yield Reason(next((_WHY_NOT[code] for code in not_sent[-1] if code in _WHY_NOT), Say.MESSAGE_NOT_ALLOWED))
    elif _was_due(known, at):
        yield Reason(Say.MESSAGE_DUE)


def _was_due(known: MomentThen, at: datetime) -> bool:
    """Say whether its message was due at `at`; of one that never was, the moment ended as its case was written."""
    ended, case = known.moment.ended_at, known.case
    if ended is None or case is None:
        return known.moment.status is MomentStatus.MESSAGE_DUE
    return ended > max(at, case.opened_at)
