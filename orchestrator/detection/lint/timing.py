"""Waiting and trying again: longer than the moment lasts, or more often than anybody should be called."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from orchestrator.detection.durations import format_duration
from orchestrator.detection.lint.findings import Code, Finding, LintedRule
from orchestrator.detection.steps import Attempts
from orchestrator.detection.yaml_files import Path
from orchestrator.sayings import saying

_DAY = timedelta(hours=24)
# The strictest law we know of (Florida, Oklahoma) counts dials about one subject in any 24 hours.
_LAWFUL_A_DAY = 3
_OUTCOMES = ("no_answer", "busy", "machine")


def waits_beyond_expiry(linted: LintedRule) -> Iterator[Finding]:
    """Yield a finding for each wait of a rule that is as long as its moments live, or longer."""
    document = linted.document
    waits: list[tuple[Path, timedelta]] = [(("grace",), document.grace)]
    for path, attempts in _attempts(linted):
        if attempts.max > 1:
            waits.extend(((*path, "attempts", name), pause) for name, pause in _pauses(attempts))
    for path, step in document.every_step():
        if step.callback is not None and step.callback.due is not None:
            waits.append(((*path, "callback", "due"), step.callback.due))
    for path, wait in waits:
        if wait >= document.expires:
            ends = format_duration(document.expires)
            message = saying("This waits {wait}, and the moment expires after {ends}.", wait=format_duration(wait), ends=ends)
            fix = saying("Make it shorter than {ends}, or let the moment live longer.", ends=ends)
            yield linted.error(Code.WAIT_BEYOND_EXPIRY, path, message, fix)


def endless_retries(linted: LintedRule, *, most_a_day: int, pauses: Mapping[str, timedelta]) -> Iterator[Finding]:
    """Yield a finding for each step that may dial a customer more often in any 24 hours than is lawful somewhere.

    `most_a_day` is the cap on contacts of a customer in 24 hours; above it, the step can never do what it says. `pauses` are
    those after `no_answer`, `busy` and `machine` where a step names none.
    """
    for path, attempts in _attempts(linted):
        shortest = min({**pauses, **dict(_pauses(attempts))}.values())
        dials = min(attempts.max, -(-_DAY // shortest))
        if dials <= _LAWFUL_A_DAY:
            continue
        fix = saying("Try at most {most} times, or pause longer between.", most=_LAWFUL_A_DAY)
        if dials > most_a_day:
            message = saying("This may dial {dials} times in 24 hours, over the cap of {cap}.", dials=dials, cap=most_a_day)
            yield linted.error(Code.ENDLESS_RETRY, (*path, "attempts"), message, fix)
        else:
            words = "This may dial {dials} times in 24 hours; some places allow {most} about one subject."
            message = saying(words, dials=dials, most=_LAWFUL_A_DAY)
            yield linted.warning(Code.ENDLESS_RETRY, (*path, "attempts"), message, fix)


def _attempts(linted: LintedRule) -> Iterator[tuple[Path, Attempts]]:
    for path, step in linted.document.every_step():
        if step.callback is not None:
            yield (*path, "callback"), step.callback.attempts
        if step.call is not None:
            yield (*path, "call"), step.call.attempts


def _pauses(attempts: Attempts) -> Iterator[tuple[str, timedelta]]:
    for name in _OUTCOMES:
        pause = getattr(attempts, name)
        if pause is not None:
            yield name, pause
