"""Drafts: versions that are written, checked and talked about before anybody is called by them."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import raise_revision
from orchestrator.detection.rule_files import RuleFile
from orchestrator.detection.tables import RuleRow, RuleState, RuleVersionRow
from orchestrator.errors import BadInput
from orchestrator.identity.changes import Who, note_change
from orchestrator.rule_life.checking import read_aside
from orchestrator.rule_life.tags import TagMissing, TagStale, hold, tag_of
from orchestrator.rule_life.versions import latest_number, new_version, version_of


@dataclass(frozen=True, slots=True)
class Draft:
    """What saving left: the rule, its newest version, and whether that is new."""

    rule: RuleRow
    version: RuleVersionRow
    file: RuleFile
    is_new: bool


async def save_draft(
    session: AsyncSession, name: str, document: bytes, *, seen: str | None, only_new: bool, author: str, who: Who, now: datetime
) -> Draft:
    """Keep a document as the newest version of a rule; what is in force goes on as it is.

    `seen` is the tag of the rule as its author read it; `only_new` says that there was none. A document that says the same
    as the newest version, letter by letter, makes no new one. Raises `BadYaml`, `BadRuleFile`, `BadInput`, `TagMissing`
    and `TagStale`, and then keeps nothing.
    """
    file = await read_aside(document, name=name)
    if file.rule.name != name:
        raise BadInput(f"the document is of the rule {file.rule.name}", field="rule", fix=f"write rule: {name}")
    row = await _rule(session, name, seen=seen, only_new=only_new)
    if row is None:
        version = await new_version(session, file, author=author, now=now)
        row = RuleRow(name=name, state=RuleState.DRAFT, version=version.version, changed_at=now, since=now)
        session.add(row)
    else:
        latest = await version_of(session, name, await latest_number(session, name))
        if latest.document == file.text:
            return Draft(row, latest, file, is_new=False)
        version = await new_version(session, file, author=author, now=now)
        if row.state == RuleState.DRAFT:
            row.version, row.changed_at = version.version, now
            session.add(row)
    after = {"version": version.version, "state": RuleState(row.state).value}
    await note_change(session, who=who, what="rule.drafted", subject=name, before=None, after=after, now=now)
    return Draft(row, version, file, is_new=True)


async def _rule(session: AsyncSession, name: str, *, seen: str | None, only_new: bool) -> RuleRow | None:
    if not only_new:
        if await session.get(RuleRow, name) is None and seen is None:
            raise TagMissing
        return await hold(session, name, seen=seen)
    await raise_revision(session)
    row = await session.get(RuleRow, name)
    if row is not None:
        raise TagStale(name, tag=await tag_of(session, row), difference="")
    return None
