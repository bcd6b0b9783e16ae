"""Words are written over the shipped ones, and taken back: checked first, and with a line in the audit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import text
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.errors import BadInput
from orchestrator.escalations.words import Language
from orchestrator.identity.changes import note_change
from orchestrator.identity.people import Viewer
from orchestrator.storage.columns import Json
from orchestrator.wording.checking import Faults, faults_of_name, faults_of_script, faults_of_template, tidy
from orchestrator.wording.shipped import Bodies, Script, Scripts, shipped_script, shipped_template
from orchestrator.wording.tables import ScriptRow, TemplateRow

Row = TypeVar("Row", ScriptRow, TemplateRow)
_LOCK = {  # those who read the words do not wait for it
    ScriptRow: text("LOCK TABLE scripts IN SHARE ROW EXCLUSIVE MODE"),
    TemplateRow: text("LOCK TABLE message_templates IN SHARE ROW EXCLUSIVE MODE"),
}


class WordsRefused(BadInput):
    """The words cannot stay as they are; `faults` says why, by field."""

    code = "words_refused"

    def __init__(self, faults: Faults) -> None:
        field, found = next(iter(faults.items()))
        super().__init__(f"the words cannot be used: {found.fault}", field=field, fix="mend what is named and save again")
        self.faults = faults


async def save_script(session: AsyncSession, name: str, words: Scripts, *, who: Viewer | str, now: datetime) -> None:
    """Let a script say `words` from now on, in every language at once; the shipped ones are not written over themselves.

    Raises `WordsRefused`.
    """
    tidied = {each: Script(tidy(words[each].about), tidy(words[each].opening)) for each in Language}
    _refuse({**faults_of_name(name), **faults_of_script(tidied)})
    if tidied == shipped_script(name):
        await restore_script(session, name, who=who, now=now)
        return
    before = await _before(session, ScriptRow, name)
    written = {row.language: Script(row.about, row.opening) for row in before}
    if written == tidied:
        return
    was, after = _of_scripts(written or shipped_script(name)), _of_scripts(tidied)
    for language, script in tidied.items():
        row = ScriptRow(name=name, language=language, about=script.about, opening=script.opening, changed_at=now)
        await session.merge(row)
    await note_change(session, who=who, what="script.changed", subject=name, before=was, after=after, now=now)


async def save_template(session: AsyncSession, name: str, words: Bodies, *, who: Viewer | str, now: datetime) -> None:
    """Let a template say `words` from now on, as with a script. Raises `WordsRefused`."""
    tidied = {each: tidy(words[each]) for each in Language}
    _refuse({**faults_of_name(name), **faults_of_template(name, tidied)})
    if tidied == shipped_template(name):
        await restore_template(session, name, who=who, now=now)
        return
    before = await _before(session, TemplateRow, name)
    written = {row.language: row.body for row in before}
    if written == tidied:
        return
    was, after = _of_bodies(written or shipped_template(name)), _of_bodies(tidied)
    for language, body in tidied.items():
        await session.merge(TemplateRow(name=name, language=language, body=body, changed_at=now))
    await note_change(session, who=who, what="template.changed", subject=name, before=was, after=after, now=now)


async def restore_script(session: AsyncSession, name: str, *, who: Viewer | str, now: datetime) -> None:
    """Take back what was written over a script: the shipped words hold again, or none. Done twice, it changes nothing.

    Raises `WordsRefused` for a name that no script could have.
    """
    _refuse(faults_of_name(name))
    before = await _before(session, ScriptRow, name)
    if before:
        await session.exec(delete(ScriptRow).where(col(ScriptRow.name) == name))
        was = _of_scripts({row.language: Script(row.about, row.opening) for row in before})
        after = _of_scripts(shipped_script(name))
        await note_change(session, who=who, what="script.restored", subject=name, before=was, after=after, now=now)


async def restore_template(session: AsyncSession, name: str, *, who: Viewer | str, now: datetime) -> None:
    """Take back what was written over a template, as with a script."""
    _refuse(faults_of_name(name))
    before = await _before(session, TemplateRow, name)
    if before:
        await session.exec(delete(TemplateRow).where(col(TemplateRow.name) == name))
        was, after = _of_bodies({row.language: row.body for row in before}), _of_bodies(shipped_template(name))
        await note_change(session, who=who, what="template.restored", subject=name, before=was, after=after, now=now)


def _refuse(faults: Faults) -> None:
    if faults:
        raise WordsRefused(faults)


async def _before(session: AsyncSession, kind: type[Row], name: str) -> Sequence[Row]:
    """Return the rows that are there. Writers wait for each other: each starts from what the one before leaves."""
    await (await session.connection()).execute(_LOCK[kind])
    query = select(kind).where(kind.name == name).order_by(col(kind.language))
    return (await session.exec(query.execution_options(populate_existing=True))).all()


def _of_scripts(words: Scripts | None) -> Json | None:
    if words is None:
        return None
    abouts = {f"about_{each.value}": words[each].about for each in sorted(words)}
    return abouts | {f"opening_{each.value}": words[each].opening for each in sorted(words)}


def _of_bodies(words: Mapping[Language, str] | None) -> Json | None:
    return None if words is None else {f"body_{each.value}": words[each] for each in sorted(words)}
