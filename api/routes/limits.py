"""Limits: caps on contacts with anybody, budgets of calls and money, and what the law caps where customers are."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from api.dependencies import DatabaseDep, Now, Session, SettingsDep, Staff, Supervisor, idempotent
from api.schemas import View
from api.transactions import Transactional
from orchestrator.availability.country_caps import country_caps
from orchestrator.availability.limits import LimitsDocument, Period, as_values
from orchestrator.availability.situation import BudgetKind
from orchestrator.detection.durations import format_duration
from orchestrator.escalations.spending import Spent, spent
from orchestrator.queueing.limits import InForce, limits_in_force, save_limits

router = APIRouter(prefix="/v1/limits", tags=["limits"], route_class=Transactional, dependencies=[Depends(idempotent)])

IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag of the limits as they were read.")]
_EXAMPLE = """caps:
  - {limit: 6, within: 24h}
  - {limit: 2, within: 7d, subject: same, media: [voice_person]}
budgets:
  - {kind: calls, limit: 100, per: hour}
  - {kind: money, limit: 250, per: day, queue: sales}
costs: {call: 0.4, message: 0.06, currency: EUR}
"""
_DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": LimitsDocument.model_json_schema()},
            "application/yaml": {"schema": {"type": "string"}, "example": _EXAMPLE},
        },
    }
}


class CountryCapView(View):
    """So many calls for marketing within so long, where the law says so; `subject`: those about the same one."""

    place: str
    limit: int
    within: str
    subject: str | None
    note: str
    source: str
    reviewed: date


class LimitsView(View):
    """`limits` that hold now. `version` 0: none were saved, and the caps are those of the setting; `document` is empty then."""

    version: int
    changed_at: datetime | None
    limits: dict[str, Any]
    document: str
    by_law: list[CountryCapView]


class SpentView(View):
    """How much of a budget is used in the hour or day that lasts now, by the centre's clock."""

    kind: BudgetKind
    per: Period
    queue: str | None
    rule: str | None
    limit: float
    spent: float
    currency: str | None
    starts_at: datetime
    renews_at: datetime


def _by_law() -> list[CountryCapView]:
    book = country_caps()
    return [
        CountryCapView(
            place=each.place,
            limit=each.limit,
            within=format_duration(each.within),
            subject=each.subject,
            note=each.note,
            source=each.source,
            reviewed=book.reviewed,
        )
        for each in book.caps
    ]


def _view(known: InForce, response: Response) -> LimitsView:
    response.headers["ETag"] = known.tag
    return LimitsView(
        version=known.version,
        changed_at=known.changed_at,
        limits=as_values(known.document),
        document=known.text,
        by_law=_by_law(),
    )


@router.get("", summary="The limits that hold; the ETag is needed to change them")
async def get_limits(_: Staff, session: Session, settings: SettingsDep, response: Response) -> LimitsView:
    return _view(await limits_in_force(session, settings), response)


@router.get("/spent", summary="How much of each budget is used now, and when it renews")
async def get_spent(_: Supervisor, session: Session, now: Now, settings: SettingsDep) -> list[SpentView]:
    limits = (await limits_in_force(session, settings)).document
    used = await spent(session, limits.budgets, limits.costs, now=now, settings=settings)
    return [_spent_view(each, limits.costs.currency) for each in used]


def _spent_view(used: Spent, currency: str | None) -> SpentView:
    rule = used.rule
    return SpentView(
        kind=rule.kind,
        per=rule.per,
        queue=rule.queue,
        rule=rule.rule,
        limit=rule.limit,
        spent=used.spent,
        currency=currency if rule.kind is BudgetKind.MONEY else None,
        starts_at=used.starts_at,
        renews_at=used.renews_at,
    )


@router.put("", summary="Save all limits anew, as JSON or YAML; in force at once", openapi_extra=_DOCUMENT)
async def put_limits(
    request: Request,
    by: Supervisor,
    session: Session,
    database: DatabaseDep,
    settings: SettingsDep,
    response: Response,
    seen: IfMatch = None,
) -> LimitsView:
    raw, now = await request.body(), await database.clock.now(session)
    return _view(await save_limits(session, raw, seen=seen, who=by.who, now=now, settings=settings), response)
