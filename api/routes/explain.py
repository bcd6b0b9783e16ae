"""Why and why not: for any customer and time, what each rule made of it, in sentences."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from api.dependencies import DatabaseDep, RulesDep, Session, Supervisor
from api.schemas import Text
from orchestrator.availability.zones import UnknownZone
from orchestrator.availability.zones import zone as zone_named
from orchestrator.detection.tables import RuleState
from orchestrator.errors import BadInput
from orchestrator.escalations.states import Outcome
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import RuleAnswer, explain
from orchestrator.insights.explain.gate_words import gate_sentence
from orchestrator.insights.timelines import customer_named

router = APIRouter(prefix="/v1/explain", tags=["explain"])


class StepView(BaseModel):
    """One thing the rule did; `event` is `"<source> <id>"`."""

    what: str
    at: datetime
    key: str | None
    event: str | None
    type: str | None
    deadline: datetime | None


class GateView(BaseModel):
    """A gate's verdict at the last look, with its figures."""

    gate: str
    state: str
    figures: dict[str, Any]
    sentences: dict[Language, str]


class RuleView(BaseModel):
    """`sentences` are the answer, by language, and `headline` is the one that says the most; the rest is what they stand on."""

    rule: str
    title: dict[Language, str]
    version: int
    state: RuleState
    headline: dict[Language, str]
    sentences: dict[Language, list[str]]
    steps: list[StepView]
    watching: dict[str, datetime]
    verdict: str | None
    gates: list[GateView]
    escalation_id: UUID | None
    outcome: Outcome | None


class Explained(BaseModel):
    customer_id: UUID
    at: datetime
    rules: list[RuleView]


_LAST = 20  # steps of a rule


@router.get("", summary="Why, or why not: what each rule did for a customer until a time")
async def explain_customer(
    _: Supervisor,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    customer: Annotated[Text, Query(max_length=1024, description="Our id of the customer, or the id channels send.")],
    at: Annotated[AwareDatetime | None, Query(description="RFC 3339 with offset; now, where none is given.")] = None,
    rule: Annotated[Text | None, Query(max_length=64, description="Of this rule alone.")] = None,
    zone: Annotated[str, Query(max_length=64, description="The zone whose clock the sentences use.")] = "UTC",
) -> Explained:
    known = await customer_named(session, customer)
    until = at or await database.clock.now(session)
    answers = await explain(session, known, rules, at=until, rule=rule)
    return Explained(customer_id=known.id, at=until, rules=[_view(answer, named_zone(zone), until) for answer in answers])


def named_zone(name: str) -> ZoneInfo:
    """Raises `BadInput` for a name the zone database lacks."""
    try:
        return zone_named(name)
    except UnknownZone as error:
        raise BadInput(error.detail, field="zone", fix=error.fix) from None


def _view(answer: RuleAnswer, zone: ZoneInfo, until: datetime) -> RuleView:
    then, moment = answer.then, answer.moment
    case, decision = (moment.case, moment.decision) if moment else (None, None)
    return RuleView(
        rule=then.rule.name,
        title={each: then.rule.document.title_in(each) for each in Language},
        version=then.version,
        state=then.state,
        headline={each: answer.headline.read(answer.reader(each, zone)) for each in Language},
        sentences={each: answer.sentences(each, zone) for each in Language},
        steps=[_step(step) for step in answer.trace.steps[-_LAST:]],
        watching=dict(answer.trace.watching),
        verdict=moment.moment.verdict if moment else None,
        gates=[_gate(verdict, answer, zone) for verdict in decision.verdicts] if decision else [],
        escalation_id=case.id if case else None,
        outcome=moment.outcome_by(until) if moment else None,
    )


def _step(step: Any) -> StepView:
    event = None if step.event is None else f"{step.event.source} {step.event.id}"
    return StepView(what=step.what, at=step.at, key=step.key, event=event, type=step.event_type, deadline=step.deadline)


def _gate(verdict: dict[str, Any], answer: RuleAnswer, zone: ZoneInfo) -> GateView:
    sentences = {each: gate_sentence(verdict, answer.reader(each, zone)) for each in Language}
    return GateView(gate=verdict["gate"], state=verdict["state"], figures=verdict.get("figures", {}), sentences=sentences)
