"""Versions of rules: what was written, by whom and when. A version never changes."""

import hashlib
from asyncio import to_thread
from datetime import datetime
from functools import lru_cache

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.rule_files import RuleFile, read_rule_file
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.tables import RuleVersionRow
from orchestrator.errors import NoSuch


def digest_of(document: RuleDocument) -> str:
    """Return the digest of what a rule says, however its file is laid out.

    What a document leaves unsaid leaves no trace, so that a key which is new in a later release makes no new version.
    """
    return hashlib.sha256(document.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def file_of(version: RuleVersionRow) -> RuleFile:
    """Return a version as the file it was written in, named after rule and version."""
    return _read_once(version.document, f"{version.rule} version {version.version}")


async def read_version(version: RuleVersionRow) -> RuleFile:
    """Return a version as `file_of` does, while others are served: reading a large one takes seconds."""
    return await to_thread(file_of, version)


@lru_cache(maxsize=256)
def _read_once(document: str, name: str) -> RuleFile:
    """Versions never change, and reading one takes far longer than anything that is done with it."""
    return read_rule_file(document.encode(), name=name)


async def version_of(session: AsyncSession, rule: str, version: int) -> RuleVersionRow:
    """Return a version. Raises `NoSuch`."""
    row = await session.get(RuleVersionRow, (rule, version))
    if row is None:
        raise NoSuch(f"there is no version {version} of the rule {rule}")
    return row


async def latest_number(session: AsyncSession, rule: str) -> int:
    """Return the number of the newest version, 0 where there is none."""
    highest = select(func.max(RuleVersionRow.version)).where(RuleVersionRow.rule == rule)
    return (await session.exec(highest)).one() or 0


async def latest_numbers(session: AsyncSession) -> dict[str, int]:
    """Return the number of the newest version of every rule."""
    query = select(RuleVersionRow.rule, func.max(RuleVersionRow.version)).group_by(RuleVersionRow.rule)
    return {rule: newest for rule, newest in (await session.exec(query)).all()}


async def same_version(session: AsyncSession, file: RuleFile) -> RuleVersionRow | None:
    """Return the version that says the same already, the newest where several do."""
    query = select(RuleVersionRow).where(
        RuleVersionRow.rule == file.rule.name, RuleVersionRow.digest == digest_of(file.rule.document)
    )
    return (await session.exec(query.order_by(col(RuleVersionRow.version).desc()))).first()


async def new_version(session: AsyncSession, file: RuleFile, *, author: str, now: datetime) -> RuleVersionRow:
    version = RuleVersionRow(
        rule=file.rule.name,
        version=await latest_number(session, file.rule.name) + 1,
        document=file.text,
        digest=digest_of(file.rule.document),
        author=author,
        created_at=now,
    )
    session.add(version)
    await session.flush()
    return version
