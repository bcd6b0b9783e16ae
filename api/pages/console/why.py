"""Why, and why not: what each rule made of a customer until a time, in the reader's language."""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, RulesDep, Session
from api.pages.console.now import Lens, Watching
from api.pages.console.sentences import sentences_in
from api.pages.frame import page
from api.pages.rules.words import STATES
from api.transactions import Repeatable
from orchestrator.escalations.words import Language
from orchestrator.insights.explain.explaining import explain
from orchestrator.insights.timelines import get_customer

router = APIRouter(prefix="/console/customers", route_class=Repeatable)


@router.get("/{customer_id}/why")
async def show_why(
    request: Request,
    customer_id: UUID,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    at: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """`at` is what the browser's own field writes: a time on the reader's clock."""
    zone, language = ZoneInfo(viewer.zone), Language(Lens.of(request, viewer).language)
    now = await database.clock.now(session)
    asked, customer = _instant(at, zone), await get_customer(session, customer_id)
    until = asked or now
    answers = await explain(session, customer, rules, at=until)
    return page(
        request,
        "console/why.html",
        viewer=viewer,
        status=422 if at and asked is None else 200,
        customer=customer,
        typed=at or f"{until.astimezone(zone):%Y-%m-%dT%H:%M:%S}",
        is_wrong=bool(at) and asked is None,
        until=until,
        answers=[(each, each.then.rule.document.title_in(language), each.sentences(language, zone)) for each in answers],
        sentence=sentences_in(language),
        states=STATES,
    )


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone) if text else None
    except ValueError:
        return None
