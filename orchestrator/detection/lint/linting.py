"""All checks of a set of rules, and which of them could not be made."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from orchestrator.availability.calendars import Calendar
from orchestrator.availability.hours_book import CallingHoursBook, default_book
from orchestrator.detection.lint.arithmetic import mixed_arithmetic
from orchestrator.detection.lint.findings import Code, Finding, LintedRule, Severity, in_order
from orchestrator.detection.lint.impossible import impossible_conditions
from orchestrator.detection.lint.naming import unknown_queues, unknown_scripts
from orchestrator.detection.lint.opening import no_windows
from orchestrator.detection.lint.overlaps import overlaps
from orchestrator.detection.lint.reaching import marketing_renewals, missing_consent
from orchestrator.detection.lint.timing import endless_retries, waits_beyond_expiry

_PAUSES: Mapping[str, timedelta] = MappingProxyType(
    {"no_answer": timedelta(hours=2), "busy": timedelta(minutes=10), "machine": timedelta(hours=4)}
)


@dataclass(frozen=True, slots=True)
class Known:
    """What rules are held against; None where nobody said. `calendars` are by queue; `most_a_day` caps a customer's
    contacts in 24 hours, and `pauses` are between attempts where a step names none."""

    queues: Set[str] | None = None
    calendars: Mapping[str, Calendar] | None = None
    scripts: Set[str] | None = None
    templates: Set[str] | None = None
    hours: CallingHoursBook = field(default_factory=default_book)
    most_a_day: int = 6
    pauses: Mapping[str, timedelta] = field(default_factory=lambda: _PAUSES)


@dataclass(frozen=True, slots=True)
class NotMade:
    """A check that could not be made, and what it lacks."""

    code: Code
    lacks: str


@dataclass(frozen=True, slots=True)
class Report:
    """`findings` by file and place."""

    findings: tuple[Finding, ...]
    not_made: tuple[NotMade, ...]

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


_ALONE: Sequence[Callable[[LintedRule], Iterator[Finding]]] = (
    mixed_arithmetic,
    impossible_conditions,
    waits_beyond_expiry,
    missing_consent,
    marketing_renewals,
)


def lint(rules: Sequence[LintedRule], known: Known, *, now: datetime) -> Report:
    """Check rules, each alone and all against each other. `now` (aware) begins the 14 days that are looked at for windows."""
    found = [finding for rule in rules for finding in _of_one(rule, known, now)]
    found.extend(overlaps(rules))
    return Report(tuple(in_order(found)), tuple(_not_made(known)))


def _of_one(rule: LintedRule, known: Known, now: datetime) -> Iterator[Finding]:
    for check in _ALONE:
        yield from check(rule)
    yield from endless_retries(rule, most_a_day=known.most_a_day, pauses=known.pauses)
    if known.queues is not None:
        yield from unknown_queues(rule, known.queues)
    if known.calendars is not None:
        yield from no_windows(rule, known.calendars, known.hours, now=now)
    if known.scripts is not None and known.templates is not None:
        yield from unknown_scripts(rule, known.scripts, known.templates)


def _not_made(known: Known) -> Iterator[NotMade]:
    if known.calendars is None:
        yield NotMade(Code.NO_WINDOW, "the calendars of the queues")
    if known.queues is None:
        yield NotMade(Code.UNKNOWN_QUEUE, "the queues")
    if known.scripts is None or known.templates is None:
        yield NotMade(Code.UNKNOWN_SCRIPT, "the scripts")
