"""A rule as its page shows it: what is typed, what the lint says of it, its versions, and what may be done now."""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from api.dependencies import Session
from api.pages.frame import fragment, page
from api.pages.people import Role, Viewer
from api.pages.rules import words
from api.pages.rules.alarms import watch_of
from api.pages.rules.editor import Editor, edited
from api.pages.rules.faults import Fault, faults_of
from orchestrator.detection.editing.beginnings import begun
from orchestrator.detection.editing.form import WAYS
from orchestrator.detection.lint.findings import Finding
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.errors import BadInput, NoSuch
from orchestrator.intake.catalogue import EVENT_TYPES
from orchestrator.rule_life.checking import check, read_aside
from orchestrator.rule_life.listing import RuleRecord, rule_record
from orchestrator.rule_life.naming import Names, names_to_offer
from orchestrator.rule_life.open_cases import count_open
from orchestrator.rule_life.tags import difference, tag_of
from orchestrator.rule_life.versions import version_of
from orchestrator.settings import Settings


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
    editor: Editor | None = None
    begin: str = ""
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
    names = await names_to_offer(session)
    begins = record is None and shown.typed is None and shown.begin not in WAYS
    document = shown.typed if shown.typed is not None else await _document(session, name, record, shown, names)
    faults, findings = shown.faults, shown.findings
    if not faults and findings is None and not begins:
        faults, findings = await looked_at(session, name, document, settings, now=now)
    editor = shown.editor if shown.editor is not None else await to_thread(Editor.of, document)
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
        begins=begins,
        shown=shown,
        **beside(name, editor, names, faults, findings or ()),
        open_cases=await count_open(session, name) if record else 0,
        deeds=_deeds(record.rule) if record else (),
        needs_approval=settings.rules_need_approval,
        watch=await watch_of(session, name, settings, now=now),
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


async def _document(session: Session, name: str, record: RuleRecord | None, shown: Shown, names: Names) -> str:
    if record is None:
        return begun(shown.begin, name=name, queue=_queue(names)) if shown.begin in WAYS else ""
    return (await version_of(session, name, shown.version or record.versions[0].version)).document


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


async def edited_at(session: Session, name: str, document: str, base: str, fields: Mapping[str, str]) -> Editor:
    """Return the editor after a request, with the form's changes in the document."""
    names = await names_to_offer(session)
    return await to_thread(edited, document, base, fields, queue=_queue(names))


async def show_editor(
    request: Request, name: str, viewer: Viewer, session: Session, settings: Settings, editor: Editor, *, now: datetime
) -> Response:
    """Return the two sides of the editor alone, with what is wrong."""
    faults, findings = await looked_at(session, name, editor.document, settings, now=now)
    shown = beside(name, editor, await names_to_offer(session), faults, findings)
    return fragment(request, "rules/parts/editor.html", viewer=viewer, **shown)


def beside(
    name: str,
    editor: Editor,
    names: Names,
    faults: Sequence[Fault],
    findings: Sequence[Finding],
) -> dict[str, Any]:  # Any: whatever a template is filled with
    """Return what the editor's own templates are filled with."""
    return {
        "address": f"/console/rules/{name}",
        "editor": editor.with_notes(faults, findings),
        "event_types": tuple(EVENT_TYPES.values()),
        "names": names,
        "faults": faults,
        "findings": findings,
        "words": words,
    }


def _queue(names: Names) -> str:
    return next(iter(names.queues), "service")
