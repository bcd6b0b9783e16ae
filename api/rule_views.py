"""Rules as answers show them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path

from api.schemas import View
from orchestrator.detection.lint.findings import Code, Finding, Severity
from orchestrator.detection.tables import Mode, RuleState
from orchestrator.insights.tables import RuleAlarmRow
from orchestrator.insights.unusual import Trouble
from orchestrator.rule_life.listing import RuleRecord
from orchestrator.rule_life.publishing import Published

RuleName = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$")]


class RuleView(View):
    """`version` is the one in force; it sees events that arrive from `since` on. `shadow_version` is tried beside it."""

    name: str
    state: RuleState
    version: int
    since: datetime
    changed_at: datetime
    shadow_version: int | None
    shadow_since: datetime | None


class VersionView(View):
    """A version never changes; `document` is its YAML as it was written."""

    version: int
    author: str
    created_at: datetime
    published_at: datetime | None
    approved_by: str | None
    approved_at: datetime | None
    document: str


class ErrorView(View):
    """An expression that failed: how often, and on which event the last time."""

    version: int
    place: str
    count: int
    message: str
    sample_source: str
    sample_id: str
    last_at: datetime


class PausedView(RuleView):
    """`open_cases` stand on this rule alone; they go on, unless somebody takes them back."""

    open_cases: int


class TakenBackView(View):
    """How many open cases were canceled; a case that another rule wants too goes on."""

    taken_back: int


class FlowView(View):
    """Events that begin the rule and stopped coming: the last one, and how many an hour are usual."""

    type: str
    channel: str
    last: datetime | None
    an_hour: int


class AlarmView(View):
    """The rule has gone silent or explodes, as seen in the stretch that begins at `since`.

    `expected` is null where the rule is too young to say what is usual; `calls` is how many the agents of its queues can make
    in the stretch, where more `cases` came. `quiet_by` took the alarm into their hands until `quiet_until`.
    """

    trouble: Trouble
    mode: Mode
    version: int
    version_since: datetime | None
    raised_at: datetime
    since: datetime
    until: datetime
    moments: int
    cases: int
    expected: float | None
    calls: int | None
    flows: list[FlowView]
    quiet_by: str | None
    quiet_until: datetime | None
    over_at: datetime | None


class RuleStory(RuleView):
    versions: list[VersionView]
    errors: list[ErrorView]
    alarms: list[AlarmView]


class FindingView(View):
    """What the lint says: where, why, and how to mend it. Line and column count from 1."""

    line: int
    column: int
    rule: str
    code: Code
    severity: Severity
    message: str
    fix: str


class DraftView(RuleStory):
    """A rule whose newest version was just saved, with what the lint says of that."""

    findings: list[FindingView]


class PublishedView(RuleView):
    """`begins_to_dial`: moments of this rule reached nobody before. `dropped` watches could not be taken over."""

    begins_to_dial: bool
    dropped: int


def story(known: RuleRecord, alarms: Sequence[RuleAlarmRow] = ()) -> RuleStory:
    return RuleStory(
        **RuleView.model_validate(known.rule).model_dump(),
        versions=[VersionView.model_validate(row) for row in known.versions],
        errors=[ErrorView.model_validate(row) for row in known.errors],
        alarms=[AlarmView.model_validate(row) for row in alarms],
    )


def findings_of(findings: Sequence[Finding]) -> list[FindingView]:
    return [FindingView.model_validate(finding) for finding in findings]


def published_view(known: RuleRecord, done: Published) -> PublishedView:
    shown = RuleView.model_validate(known.rule).model_dump()
    return PublishedView(**shown, begins_to_dial=done.begins_to_dial, dropped=done.dropped)
