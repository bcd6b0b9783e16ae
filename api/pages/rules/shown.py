"""A rule as its page shows it: what is typed, what the lint says of it, its versions, and what may be done now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.responses import Response

from api.dependencies import Session
from api.pages.frame import page
from api.pages.people import Role, Viewer
from api.pages.rules import words
from api.pages.rules.alarms import watch_of
from api.pages.rules.faults import Fault, faults_of
from orchestrator.detection.lint.findings import Finding
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.errors import BadInput, NoSuch
from orchestrator.rule_life.checking import check, read_aside
from orchestrator.rule_life.listing import RuleRecord, rule_record
from orchestrator.rule_life.open_cases import count_open
from orchestrator.rule_life.tags import difference, tag_of
from orchestrator.rule_life.versions import version_of
from orchestrator.settings import Settings

# What a rule that is not written yet begins as.
BLANK = """rule: {name}
title: {{en: , he: }}
moment: {moment}
detect:
  occurrence:
    on: [{{type: }}]
steps:
  - callback: {{queue: , due: 2h}}
expires: 2d
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A decision that waits for a second yes."""

    verb: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is to say on top of the rule itself. `typed` is kept where saving was refused."""

    version: int | None = None
    typed: str | None = None
    told: str | None = None
    difference: str = ""
    faults: Sequence[Fault] = ()
    findings: Sequence[Finding] | None = None
    asked: Asked | None = None
    reason: str = ""
    reason_fault: str | None = None
    status: int = 200


async def show(
    request: Request, name: str, viewer: Viewer, session: Session, settings: Settings, shown: Shown, *, now: datetime
) -> Response:
    """Return the page of a rule, or of one that is yet to be written. Raises `NoSuch` for a version that is not there."""
    record = await _record(session, name)
    if record is None and not viewer.may(Role.SUPERVISOR):
        raise NoSuch(f"there is no rule {name}")
    document = shown.typed if shown.typed is not None else await _document(session, name, record, shown.version)
    faults, findings = shown.faults, shown.findings
    if not faults and findings is None and (record is not None or shown.typed is not None):
        faults, findings = await looked_at(session, name, document, settings, now=now)
    return page(
        request,
        "rules/rule.html",
        viewer=viewer,
        status=shown.status,
        name=name,
        rule=record.rule if record else None,
        versions=record.versions if record else [],
        errors=record.errors if record else [],
        change=await _change(session, record),
        tag=str(await tag_of(session, record.rule)) if record else "",
        document=document,
        shown=shown,
        faults=faults,
        findings=findings or (),
        open_cases=await count_open(session, name) if record else 0,
        deeds=_deeds(record.rule) if record else (),
        needs_approval=settings.rules_need_approval,
        watch=await watch_of(session, name, settings, now=now),
        words=words,
        may_change=viewer.may(Role.SUPERVISOR),
    )


def _deeds(rule: RuleRow) -> tuple[str, ...]:
    """Return what may be done with a rule in its state, beside writing and publishing it."""
    match RuleState(rule.state):
        case RuleState.PUBLISHED:
            return ("pause", "retire")
        case RuleState.PAUSED:
            return ("resume", "retire")
        case RuleState.RETIRED:
            return ()
        case _:
            return ("retire",)


async def _record(session: Session, name: str) -> RuleRecord | None:
    try:
        return await rule_record(session, name)
    except NoSuch:
        return None


async def _document(session: Session, name: str, record: RuleRecord | None, version: int | None) -> str:
    if record is None:
        return BLANK.format(name=name, moment=name.replace("-", "_"))
    return (await version_of(session, name, version or record.versions[0].version)).document


async def _change(session: Session, record: RuleRecord | None) -> str:
    """What the newest version changes in the one in force."""
    if record is None or record.versions[0].version == record.rule.version:
        return ""
    return difference(await version_of(session, record.rule.name, record.rule.version), record.versions[0])


async def looked_at(
    session: Session, name: str, document: str, settings: Settings, *, now: datetime
) -> tuple[Sequence[Fault], Sequence[Finding]]:
    """Return what does not fit in a document, else what the lint says of it."""
    try:
        file = await read_aside(document.encode(), name=name)
        return (), await check(session, [file], settings=settings, now=now)
    except BadInput as refused:
        return faults_of(refused), ()
