"""A version in shadow beside the one that dials: what each would do, and why they differ."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.dependencies import DatabaseDep, RulesDep, Session
from api.pages.console import words as reasons
from api.pages.console.now import Lens, Watching
from api.pages.console.period import Period
from api.pages.frame import page
from api.pages.people import Role
from api.pages.rules import words
from api.pages.rules.chart import chart_of
from api.rule_views import RuleName
from api.transactions import Repeatable
from orchestrator.detection.tables import Mode, RuleRow
from orchestrator.errors import NoSuch
from orchestrator.escalations.words import Language
from orchestrator.insights.comparing.comparison import compare
from orchestrator.insights.why_words import happened
from orchestrator.rule_life.tags import tag_of

router = APIRouter(prefix="/console/rules", route_class=Repeatable)

Day = Annotated[str, Query(max_length=20)]


@router.get("/{name}/comparison")
async def show_comparison(
    request: Request,
    name: RuleName,
    viewer: Watching,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    since: Day = "",
    until: Day = "",
) -> Response:
    """Show whole days of the reader's zone, as far as both versions ran in them."""
    now, zone = await database.clock.now(session), ZoneInfo(viewer.zone)
    row = await session.get(RuleRow, name)
    if row is None:
        raise NoSuch(f"there is no rule {name}")
    days = Period.read(since, until, zone=viewer.zone, now=now)
    language = Language(Lens.of(request, viewer).language)
    found = await compare(session, rules, name, since=days.since, until=days.until, zone=viewer.zone, now=now)
    document = await rules.version(session, name, row.version)

    def said(event_type: str) -> str:
        return happened(event_type, language)

    return page(
        request,
        "rules/comparison.html",
        viewer=viewer,
        status=422 if days.faults else 200,
        rule=row,
        title=document.title_in(language),
        days=days,
        found=found,
        chart=chart_of(found.load, alone=found.live is None) if found is not None else None,
        only={} if found is None else {mode.value: found.only(mode) for mode in Mode},
        tag=str(await tag_of(session, row)),
        language=language,
        reader_zone=zone,
        happened=said,
        words=words,
        reasons=reasons,
        may_change=viewer.may(Role.SUPERVISOR),
    )
