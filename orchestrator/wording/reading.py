"""The words of this very moment: those that were written here, else the shipped ones. Read in the caller's transaction."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.escalations.words import REACH_US, Language, Text, When, template, time_in_words, words
from orchestrator.telephony.words import GENERAL, WHO, about
from orchestrator.wording.places import Place, fill, named
from orchestrator.wording.shipped import TEMPLATE_NAMES, Kind, kind_of
from orchestrator.wording.tables import ScriptRow, TemplateRow


async def about_of(session: AsyncSession, script: str | None, title: str | None, language: Language) -> str:
    """Return why we call: the script's words, else the rule's title, else words that are always true."""
    row = await _script(session, script, language)
    return row.about if row is not None else about(script, title or GENERAL[language], language)


async def opening_of(session: AsyncSession, script: str | None, language: Language) -> str | None:
    """Return how the agent opens, where words for it were written over the shipped ones."""
    row = await _script(session, script, language)
    return None if row is None else row.opening


async def promise_of(session: AsyncSession, text: Text, language: Language, when: When, *, organisation: str | None) -> str:
    """Return the sentence that makes a promise, to be sent or spoken. It never names a time later than `when.due_at`."""
    written = (await _bodies(session, language, text.value)).get(text.value)
    if written is None:
        return words(text, language, when)
    return fill(written, when=time_in_words(language, when), who=organisation or WHO[language])


async def message_of(
    session: AsyncSession,
    name: str,
    language: Language,
    *,
    organisation: str | None,
    script: str | None,
    title: str | None = None,
) -> str:
    """Return the words of a message; `script` and the rule's `title` say what it is about.

    A template that nobody wrote words for says how to reach us. So does one that is named like a promise: it has no time.
    """
    wanted = name if kind_of(name) is Kind.MESSAGE else REACH_US
    written = await _bodies(session, language, wanted, REACH_US)
    general = None if wanted in TEMPLATE_NAMES else written.get(REACH_US)
    body = written.get(wanted) or general or template(wanted, language)
    why = await about_of(session, script, title, language) if Place.ABOUT in named(body) else ""
    return fill(body, who=organisation or WHO[language], about=why)


async def _script(session: AsyncSession, name: str | None, language: Language) -> ScriptRow | None:
    return None if name is None else await session.get(ScriptRow, (name, language))


async def _bodies(session: AsyncSession, language: Language, *names: str) -> dict[str, str]:
    query = select(TemplateRow.name, TemplateRow.body)
    rows = await session.exec(query.where(TemplateRow.language == language, col(TemplateRow.name).in_(set(names))))
    return {name: body for name, body in rows.all()}
