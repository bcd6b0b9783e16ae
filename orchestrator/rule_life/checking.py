"""The lint of rules against what the database knows: its queues and their calendars, its scripts, the rules in force."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.availability.calendars import Calendar, read_calendar
from orchestrator.availability.limits import CapRule
from orchestrator.availability.tables import CalendarRow
from orchestrator.detection.lint.findings import Finding, LintedRule, Severity
from orchestrator.detection.lint.linting import Known, lint
from orchestrator.detection.rule_files import RuleFile, read_rule_file
from orchestrator.detection.tables import RuleState
from orchestrator.errors import BadInput, Conflict
from orchestrator.queueing.limits import limits_in_force
from orchestrator.queueing.tables import QueueRow
from orchestrator.rule_life.listing import list_rules
from orchestrator.rule_life.versions import read_version
from orchestrator.settings import Settings
from orchestrator.wording.shipped import SCRIPT_NAMES, TEMPLATE_NAMES
from orchestrator.wording.tables import ScriptRow, TemplateRow

_DAY = timedelta(hours=24)
_RUNNING = (RuleState.SHADOW, RuleState.PUBLISHED, RuleState.PAUSED)


class LintErrors(BadInput):
    """A rule that may not run as it is written: every finding, errors and warnings."""

    code = "lint_errors"

    def __init__(self, findings: Sequence[Finding]) -> None:
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{errors[0]}{more}", field="document", fix=errors[0].fix)
        self.findings = tuple(findings)


class LintUnconfirmed(Conflict):
    """A rule with warnings, which whoever publishes it has to have seen."""

    code = "lint_unconfirmed"

    def __init__(self, findings: Sequence[Finding]) -> None:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{more}", fix="look at the findings, and confirm them")
        self.findings = tuple(findings)


async def read_aside(raw: bytes, *, name: str) -> RuleFile:
    """Read a rule while others are served: a large document takes seconds. Raises as `read_rule_file` does."""
    return await to_thread(read_rule_file, raw, name=name)


async def check(session: AsyncSession, files: Sequence[RuleFile], *, settings: Settings, now: datetime) -> list[Finding]:
    """Return what the lint says of these rules, beside those that run."""
    named = {file.rule.name for file in files}
    known = [(row, version) for row, version in await list_rules(session) if row.name not in named]
    running = [await read_version(version) for row, version in known if row.state in _RUNNING]
    linted = [LintedRule(file.rule, file.spots) for file in (*files, *running)]
    report = await to_thread(lint, linted, await _known(session, settings), now=now)  # a large rule takes seconds
    return [finding for finding in report.findings if finding.rule in named]


def demand(findings: Sequence[Finding], *, confirmed: bool) -> None:
    """Raise `LintErrors` where a finding stops a rule from running, `LintUnconfirmed` where nobody confirmed the warnings."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise LintErrors(findings)
    if findings and not confirmed:
        raise LintUnconfirmed(findings)


async def _known(session: AsyncSession, settings: Settings) -> Known:
    queues = {row.name: row.calendar for row in (await session.exec(select(QueueRow))).all()}
    scripts = (await session.exec(select(ScriptRow.name).distinct())).all()
    templates = (await session.exec(select(TemplateRow.name).distinct())).all()
    caps = (await limits_in_force(session, settings)).document.caps
    return Known(
        queues=queues.keys(),
        calendars=await _calendars(session, queues),
        scripts=SCRIPT_NAMES | set(scripts),
        templates=TEMPLATE_NAMES | set(templates),
        most_a_day=min((cap.limit for cap in caps if _is_over_all(cap)), default=Known().most_a_day),
        pauses={"no_answer": settings.no_answer_delay, "busy": settings.busy_delay, "machine": settings.machine_delay},
    )


def _is_over_all(cap: CapRule) -> bool:
    """Tell whether no more than its limit can go out in a day, whatever the rule."""
    return cap.within >= _DAY and not cap.media and cap.rule is None and cap.subject is None


async def _calendars(session: AsyncSession, queues: Mapping[str, str | None]) -> dict[str, Calendar]:
    rows = (await session.exec(select(CalendarRow))).all()
    known = {row.name: read_calendar(row.document.encode(), name=row.name) for row in rows}
    return {queue: known[calendar] for queue, calendar in queues.items() if calendar is not None}
