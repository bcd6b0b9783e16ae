"""Expressions that failed: counted per rule version and place, with a sample that names an event and no value of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.effects import ExpressionFailed
from orchestrator.detection.in_force import ActiveRules
from orchestrator.detection.turns import Turn
from orchestrator.intake.event import Position

_COUNT = text(
    """
    INSERT INTO expression_errors (rule, version, place, count, message, sample_source, sample_id, last_at)
    SELECT rule, version, place, count, message, source, id, :now
    FROM unnest(CAST(:rules AS text[]), CAST(:versions AS integer[]), CAST(:places AS text[]), CAST(:counts AS integer[]),
                CAST(:messages AS text[]), CAST(:sources AS text[]), CAST(:ids AS text[]))
         AS f (rule, version, place, count, message, source, id)
    ON CONFLICT (rule, version, place) DO UPDATE
    SET count = expression_errors.count + excluded.count, message = excluded.message,
        sample_source = excluded.sample_source, sample_id = excluded.sample_id, last_at = excluded.last_at
    """
)


@dataclass(frozen=True, slots=True)
class ExpressionFailure:
    rule: str
    version: int
    place: str
    message: str
    event: Position


def failures_of(active: ActiveRules, turn: Turn, newcomers: Collection[Position]) -> list[ExpressionFailure]:
    """Return what failed on the events that are new, or on a deadline of theirs that has just passed."""
    failed = [step.effect for step in turn.steps if isinstance(step.effect, ExpressionFailed)]
    return [
        ExpressionFailure(rule.name, rule.version, each.place, each.message, each.event)
        for each in failed
        if not turn.recomputed or each.event in newcomers
        for rule in (active.in_force[each.rule.name],)
    ]


async def count_failures(session: AsyncSession, failures: Iterable[ExpressionFailure], *, now: datetime) -> None:
    """Add failures to the counts shown beside their rules.

    Every customer's events may meet the same broken expression: keep the transaction short, or all wait for each other.
    """
    grouped: dict[tuple[str, int, str], list[ExpressionFailure]] = {}
    for failure in failures:
        grouped.setdefault((failure.rule, failure.version, failure.place), []).append(failure)
    if not grouped:
        return
    keys = sorted(grouped)
    last = [grouped[key][-1] for key in keys]
    values = {
        "now": now,
        "rules": [rule for rule, _, _ in keys],
        "versions": [version for _, version, _ in keys],
        "places": [place for _, _, place in keys],
        "counts": [len(grouped[key]) for key in keys],
        "messages": [failure.message for failure in last],
        "sources": [failure.event.source for failure in last],
        "ids": [failure.event.id for failure in last],
    }
    await (await session.connection()).execute(_COUNT, values)
