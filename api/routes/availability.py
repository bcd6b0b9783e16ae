"""May a rule contact a customer at a time, and if not, when? Every gate's verdict, with its figures and sentences."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from api.dependencies import DatabaseDep, RulesDep, Session, SettingsDep, Supervisor
from api.routes.explain import GateView, named_zone
from api.schemas import Text
from orchestrator.availability.intervals import check_reach
from orchestrator.availability.purposes import Medium
from orchestrator.availability.trial import Answer
from orchestrator.availability.verdicts import GateCode, Verdict
from orchestrator.detection.tables import RuleState
from orchestrator.escalations.words import Language
from orchestrator.insights.answers.asking import Answered, answer
from orchestrator.insights.explain.figures import Reader
from orchestrator.insights.explain.gate_words import gate_sentence
from orchestrator.insights.timelines import customer_named

router = APIRouter(prefix="/v1/availability", tags=["availability"])


class GateThen(GateView):
    as_of_now: bool = Field(description="Nobody can tell for then: the gate says how it stands now.")


class Availability(BaseModel):
    """`escalation_id` is the open case whose contact this is; without one it is that of a moment found at `at`."""

    customer_id: UUID
    rule: str
    version: int
    rule_state: RuleState
    at: datetime
    medium: Medium
    queue: str | None
    escalation_id: UUID | None
    verdict: Answer
    until: datetime | None
    reasons: list[GateCode]
    gates: list[GateThen]


@router.get("", summary="May a rule contact a customer at a time, and if not, when")
async def get_availability(
    _: Supervisor,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    settings: SettingsDep,
    customer: Annotated[Text, Query(max_length=1024, description="Our id of the customer, or the id channels send.")],
    rule: Annotated[Text, Query(max_length=64, description="The rule that would contact the customer.")],
    at: Annotated[AwareDatetime | None, Query(description="RFC 3339 with offset; now, where none is given.")] = None,
    zone: Annotated[str, Query(max_length=64, description="The zone whose clock the sentences use.")] = "UTC",
) -> Availability:
    clock, known, now = named_zone(zone), await customer_named(session, customer), await database.clock.now(session)
    told = await answer(session, known, rule, rules, at=_within_reach(at or now), now=now, settings=settings)
    return _view(known.id, told, clock)


def _within_reach(at: datetime) -> datetime:
    check_reach(at, field="at")
    return at.astimezone(UTC)


def _view(customer_id: UUID, told: Answered, zone: ZoneInfo) -> Availability:
    summary = told.summary
    return Availability(
        customer_id=customer_id,
        rule=told.rule,
        version=told.version,
        rule_state=told.state,
        at=told.at,
        medium=told.situation.medium,
        queue=told.queue,
        escalation_id=told.case,
        verdict=summary.answer,
        until=summary.until,
        reasons=list(summary.reasons),
        gates=[_gate(verdict, told, zone) for verdict in told.decision.verdicts],
    )


def _gate(verdict: Verdict, told: Answered, zone: ZoneInfo) -> GateThen:
    stored, today = verdict.as_json(), told.at.astimezone(zone).date()
    return GateThen(
        gate=verdict.gate,
        state=verdict.state,
        figures=dict(verdict.figures),
        sentences={each: gate_sentence(stored, Reader(each, zone, today)) for each in Language},
        as_of_now=verdict.gate in told.as_of_now,
    )
