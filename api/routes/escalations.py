"""Escalations: the whole story of one, and its cancellation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends

from api.dependencies import DatabaseDep, RulesDep, Session, SettingsDep, Supervisor, idempotent
from api.schemas import Because, View
from api.task_views import AttemptView, MomentView, PromiseView, TaskView, moment_views
from api.titles import titles_of
from api.transactions import Transactional
from orchestrator.detection.splits import Plan
from orchestrator.escalations.states import Outcome, State
from orchestrator.escalations.tables import EscalationRow
from orchestrator.insights.stories import Story, story
from orchestrator.queueing import supervising
from orchestrator.queueing.tables import OfferEnding
from orchestrator.telephony.tables import MessageState

router = APIRouter(
    prefix="/v1/escalations", tags=["escalations"], route_class=Transactional, dependencies=[Depends(idempotent)]
)


class DecisionView(View):
    """One look at all gates: the answer, and each gate's verdict with its figures and its sentence."""

    at: datetime
    occasion: str
    medium: str
    answer: str
    until: datetime | None
    reasons: list[Any]
    verdicts: list[Any]


class OfferView(View):
    task_id: UUID
    agent_id: UUID
    fence: int
    offered_at: datetime
    ended_at: datetime | None
    ending: OfferEnding | None
    reason: str | None


class MessageView(View):
    template: str
    language: str
    state: MessageState
    prepared_at: datetime
    ended_at: datetime | None


class LineView(View):
    at: datetime
    what: str
    detail: Any


class EscalationView(View):
    """`state` is `reserved` too while a task is only on offer. `reasons` are codes of gates; `plan` is that of a split."""

    id: UUID
    customer_id: UUID
    state: State
    outcome: Outcome | None
    reasons: list[Any]
    rule: str
    version: int
    plan: Plan | None
    purpose: str
    priority: int
    queue: str | None
    step: int
    tries: int
    opened_at: datetime
    not_before: datetime
    wait_until: datetime | None
    closed_at: datetime | None
    canceled_reason: str | None


class EscalationStory(EscalationView):
    """Everything that is known of it, oldest first."""

    moments: list[MomentView]
    decisions: list[DecisionView]
    promises: list[PromiseView]
    tasks: list[TaskView]
    offers: list[OfferView]
    attempts: list[AttemptView]
    messages: list[MessageView]
    timeline: list[LineView]


def _view(row: EscalationRow, *, state: State) -> dict[str, Any]:
    return {**EscalationView.model_validate(row).model_dump(), "state": state}


@router.get("/{escalation_id}", summary="The whole story of one escalation")
async def get_escalation(escalation_id: UUID, _: Supervisor, session: Session, rules: RulesDep) -> EscalationStory:
    known = await story(session, escalation_id)
    titles = await titles_of(session, rules, known)
    return EscalationStory(
        **_view(known.escalation, state=known.state),
        moments=moment_views(known, titles, personal=True),
        **_parts(known),
    )


def _parts(known: Story) -> dict[str, Any]:
    return {
        "decisions": [DecisionView.model_validate(row) for row in known.decisions],
        "promises": [PromiseView.model_validate(row) for row in known.promises],
        "tasks": [TaskView.model_validate(row) for row in known.tasks],
        "offers": [OfferView.model_validate(row) for row in known.offers],
        "attempts": [AttemptView.model_validate(row) for row in known.attempts],
        "messages": [MessageView.model_validate(row) for row in known.messages],
        "timeline": [LineView.model_validate(row) for row in known.lines],
    }


@router.post("/{escalation_id}/cancellation", status_code=202, summary="Cancel it; a call under way is let finish")
async def cancel_escalation(
    escalation_id: UUID,
    body: Because,
    by: Supervisor,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
) -> EscalationView:
    canceled = await supervising.cancel_escalation(
        session, escalation_id, reason=body.reason, who=by.who, clock=database.clock, settings=settings
    )
    return EscalationView.model_validate(canceled)
