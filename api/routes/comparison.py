"""A version in shadow side by side with the published one."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from api.dependencies import DatabaseDep, RulesDep, Session, Supervisor
from api.rule_views import RuleName
from orchestrator.availability.zones import UnknownZone
from orchestrator.availability.zones import zone as zone_named
from orchestrator.detection.tables import Mode
from orchestrator.detection.verdicts import Verdict
from orchestrator.errors import BadInput, NoSuch
from orchestrator.escalations.words import Language
from orchestrator.insights.comparing.comparison import Comparison, compare
from orchestrator.insights.comparing.counting import Side, Unit
from orchestrator.insights.comparing.samples import Judged

router = APIRouter(prefix="/v1/rules", tags=["rules"])

_WEEK = timedelta(days=7)


class SideView(BaseModel):
    """A version's moments by verdict. `calls` opened a case, or would have; value and cost are of these and of what joined."""

    version: int
    moments: int
    calls: int
    verdicts: dict[Verdict, int]
    expected_value: float
    cost: float


class LoadView(BaseModel):
    """Calls of an hour or a day; `agent_hours` is what the staff of the rule's first queue can take, if it is known."""

    at: datetime
    published: int
    shadow: int
    agent_hours: float | None


class SampleView(BaseModel):
    """A moment that one version alone found, its evidence as `"<source> <id>"`, and why the other did not find it."""

    customer_id: UUID
    key: str
    at: datetime
    verdict: Verdict
    confidence: float | None
    evidence: list[str]
    sentences: dict[Language, str]


class JudgedView(BaseModel):
    """A moment that both versions found and judged differently: the verdict of each."""

    customer_id: UUID
    key: str
    at: datetime
    published: Verdict
    shadow: Verdict


class ComparisonView(BaseModel):
    """`since` and `until` are what both versions ran in, of the period asked for. A shadow alone has no `published`.

    Of those that one alone found, so many the other found for the same key `at_another_time`.
    """

    rule: str
    since: datetime
    until: datetime
    runs: bool
    published: SideView | None
    shadow: SideView
    both: int
    judged_differently: int
    only_published: int
    only_shadow: int
    published_at_another_time: int
    shadow_at_another_time: int
    per: Unit
    queue: str | None
    load: list[LoadView]
    samples_only_published: list[SampleView]
    samples_only_shadow: list[SampleView]
    samples_judged_differently: list[JudgedView]


@router.get("/{name}/comparison", summary="What the version in shadow finds beside the published one, in a period")
async def compare_rule(
    name: RuleName,
    _: Supervisor,
    session: Session,
    database: DatabaseDep,
    rules: RulesDep,
    since: Annotated[AwareDatetime | None, Query(alias="from", description="RFC 3339; else a week back.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="RFC 3339, no longer in it; else now.")] = None,
    zone: Annotated[str, Query(max_length=64, description="The zone whose days are counted, and whose clock is told.")] = "UTC",
) -> ComparisonView:
    now, place = await database.clock.now(session), _zone(zone)
    end = until or now
    found = await compare(session, rules, name, since=since or end - _WEEK, until=end, zone=place.key, now=now)
    if found is None:
        raise NoSuch(f"no version of the rule {name} runs in shadow, or ever did beside another")
    return comparison_view(found, place)


def comparison_view(found: Comparison, zone: ZoneInfo) -> ComparisonView:
    trial, overlap = found.trial, found.overlap
    return ComparisonView(
        rule=found.rule,
        since=found.span.since,
        until=found.span.until,
        runs=trial.runs,
        published=_side(found.live, trial.beside) if found.live is not None and trial.beside is not None else None,
        shadow=_side(found.shadow, trial.version),
        both=overlap.both,
        judged_differently=overlap.differing,
        only_published=overlap.only_live,
        only_shadow=overlap.only_shadow,
        published_at_another_time=overlap.moved_live,
        shadow_at_another_time=overlap.moved_shadow,
        per=found.span.unit,
        queue=found.queue,
        load=[
            LoadView(at=each.bucket.at, published=each.bucket.live, shadow=each.bucket.shadow, agent_hours=each.staff)
            for each in found.load
        ],
        samples_only_published=_samples(found, Mode.LIVE, zone),
        samples_only_shadow=_samples(found, Mode.SHADOW, zone),
        samples_judged_differently=[_judged(each) for each in found.judged],
    )


def _side(side: Side, version: int) -> SideView:
    return SideView(
        version=version,
        moments=side.moments,
        calls=side.calls,
        verdicts=dict(side.verdicts),
        expected_value=side.value,
        cost=side.cost,
    )


def _samples(found: Comparison, mode: Mode, zone: ZoneInfo) -> list[SampleView]:
    return [
        SampleView(
            customer_id=each.customer.id,
            key=each.moment.key,
            at=each.moment.at,
            verdict=Verdict(each.moment.verdict),
            confidence=each.moment.confidence,
            evidence=each.moment.evidence,
            sentences={language: each.sentence(language, zone) for language in Language},
        )
        for each in found.only(mode)
    ]


def _judged(pair: Judged) -> JudgedView:
    return JudgedView(
        customer_id=pair.customer.id,
        key=pair.live.key,
        at=pair.live.at,
        published=Verdict(pair.live.verdict),
        shadow=Verdict(pair.shadow.verdict),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except UnknownZone as error:
        raise BadInput(error.detail, field="zone", fix=error.fix) from None
