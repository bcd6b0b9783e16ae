"""Whether a rule's queue is ever open when its customers may be called."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from orchestrator.availability.calendars import Calendar
from orchestrator.availability.hours_book import CallingHoursBook
from orchestrator.availability.purposes import Medium
from orchestrator.availability.situation import Unplaced
from orchestrator.availability.whereabouts import whereabouts
from orchestrator.availability.windows import earliest
from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.sayings import saying

AHEAD = timedelta(days=14)

_NEVER = "The queue {queue} is open at no time in the next 14 days at which customers may be called."
_OPEN_IT = "Open the calendar of {queue} at times when customers may be called, or name another queue."


def no_windows(
    linted: LintedRule, calendars: Mapping[str, Calendar], hours: CallingHoursBook, *, now: datetime
) -> Iterator[Finding]:
    """Yield a finding for each step whose queue opens in the next 14 days at no time at which customers may be called.

    `calendars` are those of the queues, by queue; customers are taken to be where the queue's calendar is. A message waits
    for nobody.
    """
    for path, step in linted.document.every_step():
        calendar = calendars.get(step.queue or "")
        if calendar is None:
            continue
        medium = Medium.VOICE_PERSON if step.callback is not None else Medium.VOICE_RECORDED
        there = whereabouts({"zone": calendar.document.zone})
        allowed = hours.allowed_times(there, purpose=linted.document.purpose, medium=medium)
        if isinstance(allowed, Unplaced) or earliest([calendar.open_times(), allowed], after=now, before=now + AHEAD) is None:
            kind = "callback" if step.callback is not None else "call"
            message = saying(_NEVER, queue=step.queue)
            fix = saying(_OPEN_IT, queue=step.queue)
            yield linted.error(Code.NO_WINDOW, (*path, kind, "queue"), message, fix)
