"""A recognised moment as it is recorded."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from orchestrator.detection.compiled import CompiledWorth
from orchestrator.detection.effects import MomentFound
from orchestrator.detection.expressions import Failure
from orchestrator.detection.in_force import RuleInForce
from orchestrator.detection.rules import RuleDocument
from orchestrator.detection.splits import Plan, first_message
from orchestrator.detection.tables import Mode, MomentRow, MomentStatus
from orchestrator.detection.verdicts import Verdict
from orchestrator.storage.columns import Json

_LATEST = datetime.max.replace(tzinfo=UTC)


def moment_row(
    found: MomentFound,
    rule: RuleInForce,
    customer_id: UUID,
    verdict: Verdict,
    *,
    now: datetime,
    plan: Plan | None = None,
    not_before: datetime | None = None,
    found_by: str | None = None,
    words: Sequence[str] = (),
) -> MomentRow:
    """Return the row of a moment found at `now`; a shadow's that joins nothing has ended as it is written."""
    document = found.rule.document
    status = _status(document, plan, rule.mode, verdict)
    return MomentRow(
        rule=rule.name,
        version=rule.version,
        mode=rule.mode,
        customer_id=customer_id,
        key=found.key,
        at=found.at,
        found_at=now,
        moment=document.moment,
        stage=document.stage,
        purpose=document.purpose,
        priority=document.priority,
        evidence=found.evidence_texts(),
        words=list(words),
        plan=plan,
        verdict=verdict,
        status=status,
        ended_at=now if status is MomentStatus.ENDED else None,
        expires_at=_later(found.at, document.expires),
        not_before=not_before,
        found_by=found_by,
        worth=_worth(found, found.rule.worth),
        confidence=None if found.confidence is None else float(found.confidence),
        grace=document.grace,
    )


def _status(document: RuleDocument, plan: Plan | None, mode: Mode, verdict: Verdict) -> MomentStatus:
    if mode is Mode.SHADOW and not verdict.is_live:
        return MomentStatus.ENDED
    due = verdict is Verdict.SUPPRESSED_WORTH and first_message(document, plan) is not None
    return MomentStatus.MESSAGE_DUE if due else MomentStatus.LIVE


def _later(at: datetime, pause: timedelta) -> datetime:
    return _LATEST if _LATEST - at < pause else at + pause


def _worth(found: MomentFound, worth: CompiledWorth | None) -> Json | None:
    if worth is None:
        return None
    value = None if found.worth is None or isinstance(found.worth, Failure) else float(found.worth)
    return {"value": value, "chance": float(worth.chance), "call_cost": float(worth.call_cost)}
