"""A note that an agent goes on from, of which the settings may hide a part: what they did not see is not lost."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.desk.view import Parts
from orchestrator.escalations.words import Language
from orchestrator.insights.stories import story
from orchestrator.insights.unseen import veil_of_case
from orchestrator.insights.why_words import hidden_word
from orchestrator.intake.showing import hider_for_agents
from orchestrator.queueing.tables import TaskRow


async def whole(session: AsyncSession, parts: Parts, task_id: UUID, typed: str | None, language: Language) -> str | None:
    """Return the note as it is to be kept: where the earlier one still begins what was typed, with all that is in it.

    Asked before anything is locked or changed: it forgets the rows it has read.
    """
    if typed is None or not (parts.settings.hide_fields or parts.settings.hide_numbers):
        return typed
    task = await session.get(TaskRow, task_id)
    if task is None or not task.notes:
        return typed
    note, shown = task.notes, _lines(await _as_shown(session, parts, task, task.notes, language))
    session.expunge_all()
    return note + _lines(typed)[len(shown) :] if _lines(typed).startswith(shown) else typed


async def _as_shown(session: AsyncSession, parts: Parts, task: TaskRow, note: str, language: Language) -> str:
    settings, now = parts.settings, await parts.database.clock.now(session)
    known = await story(session, task.escalation_id)
    veil = await veil_of_case(session, known, settings.hide_fields, now=now, word=hidden_word(language))
    shown = veil.text(note)
    return hider_for_agents(known.customer, settings)(shown) if settings.hide_numbers else shown


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")  # as browsers send them
