"""What there is of rules: each with its version in force, and all that is kept of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.tables import ExpressionErrorRow, RuleRow, RuleVersionRow
from orchestrator.errors import NoSuch


async def list_rules(session: AsyncSession) -> list[tuple[RuleRow, RuleVersionRow]]:
    """Return every rule with its version in force, by name."""
    query = select(RuleRow, RuleVersionRow).where(
        RuleVersionRow.rule == RuleRow.name, RuleVersionRow.version == RuleRow.version
    )
    return [(rule, version) for rule, version in (await session.exec(query.order_by(RuleRow.name))).all()]


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """A rule with its versions, newest first, and what failed in them."""

    rule: RuleRow
    versions: Sequence[RuleVersionRow]
    errors: Sequence[ExpressionErrorRow]


async def rule_record(session: AsyncSession, name: str) -> RuleRecord:
    """Return all there is of a rule. Raises `NoSuch`."""
    rule = await session.get(RuleRow, name)
    if rule is None:
        raise NoSuch(f"there is no rule {name}")
    versions = select(RuleVersionRow).where(RuleVersionRow.rule == name).order_by(col(RuleVersionRow.version).desc())
    errors = select(ExpressionErrorRow).where(ExpressionErrorRow.rule == name)
    return RuleRecord(
        rule=rule,
        versions=(await session.exec(versions)).all(),
        errors=(await session.exec(errors.order_by(col(ExpressionErrorRow.last_at).desc()))).all(),
    )
