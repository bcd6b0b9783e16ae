"""The rules that are shipped."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import orchestrator.detection
from orchestrator.detection.library import raise_revision
from orchestrator.detection.rule_files import RuleFile, read_rule_files
from orchestrator.detection.tables import RuleRow, RuleState
from orchestrator.rule_life.versions import new_version

SHIPPED = Path(next(iter(orchestrator.detection.__path__))) / "shipped"


async def load_shipped(session: AsyncSession, *, now: datetime) -> list[str]:
    """Write the shipped rules that this database has never had, in shadow: a fresh install dials nobody. Return their names."""
    return await load_in_shadow(session, read_rule_files(SHIPPED), now=now)


async def load_in_shadow(session: AsyncSession, files: Sequence[RuleFile], *, now: datetime) -> list[str]:
    """Write those rules that this database has never had, in shadow; return their names."""
    await raise_revision(session)
    known = set((await session.exec(select(RuleRow.name))).all())
    new = [file for file in files if file.rule.name not in known]
    for file in new:
        version = await new_version(session, file, author="shipped", now=now)
        session.add(RuleRow(name=file.rule.name, state=RuleState.SHADOW, version=version.version, changed_at=now, since=now))
    await session.flush()
    return [file.rule.name for file in new]
