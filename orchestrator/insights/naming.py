"""What people call the rules and the agents that our tables know by their ids."""

from collections.abc import Mapping
from functools import lru_cache
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.rule_files import read_rule
from orchestrator.detection.rules import RuleDocument

# The version in force says what a rule is called now; one that was never let loose has its newest.
_VERSIONS = text("""
SELECT DISTINCT ON (v.rule) v.rule, v.document FROM rule_versions v LEFT JOIN rules r ON r.name = v.rule
ORDER BY v.rule, v.version = r.version DESC NULLS LAST, v.version DESC
""")
_AGENTS = text("SELECT a.id, p.name FROM agents a JOIN people p ON p.agent_id = a.id")


async def rule_titles(session: AsyncSession, language: str) -> Mapping[str, str]:
    """Return the title of every rule, by its name, in a language (BCP 47) if it has one in it."""
    rows = (await (await session.connection()).execute(_VERSIONS)).all()
    return {row.rule: _read(row.rule, row.document).title_in(language) for row in rows}


async def agent_names(session: AsyncSession) -> Mapping[UUID, str]:
    """Return what the people are called who sit at agents' desks; an agent nobody signs in as is left out."""
    return {row.id: row.name for row in (await (await session.connection()).execute(_AGENTS)).all()}


@lru_cache(maxsize=256)
def _read(rule: str, document: str) -> RuleDocument:
    """Return what a stored version says; to read one takes longer than a page does."""
    return read_rule(document.encode(), name=rule).document
