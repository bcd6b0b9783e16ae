"""What people call the rules and the agents that our tables know by their ids."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary

# The version in force says what a rule is called now; one that was never let loose has its newest.
_VERSIONS = text("""
SELECT v.rule, coalesce(r.version, max(v.version)) AS version
FROM rule_versions v LEFT JOIN rules r ON r.name = v.rule GROUP BY v.rule, r.version
""")
_AGENTS = text("SELECT a.id, p.name FROM agents a JOIN people p ON p.agent_id = a.id")


async def rule_titles(session: AsyncSession, rules: RuleLibrary, language: str) -> Mapping[str, str]:
    """Return the title of every rule, by its name, in a language (BCP 47) if it has one in it."""
    rows = (await (await session.connection()).execute(_VERSIONS)).all()
    return {row.rule: (await rules.version(session, row.rule, row.version)).title_in(language) for row in rows}


async def agent_names(session: AsyncSession) -> Mapping[UUID, str]:
    """Return what the people are called who sit at agents' desks; an agent nobody signs in as is left out."""
    return {row.id: row.name for row in (await (await session.connection()).execute(_AGENTS)).all()}
