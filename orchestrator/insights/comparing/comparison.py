"""A version in shadow side by side with the one that dials: what each found in a period, and what calling would mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from orchestrator.detection.library import RuleLibrary
from orchestrator.detection.tables import Mode, MomentRow, RuleRow
from orchestrator.errors import BadInput, NoSuch
from orchestrator.insights.comparing.counting import (
    Bucket,
    Overlap,
    Side,
    Span,
    Unit,
    buckets,
    found_alone,
    judged_apart,
    overlap,
    sides,
)
from orchestrator.insights.comparing.samples import Judged, Other, Sample, sample
from orchestrator.insights.comparing.staff import staff_of
from orchestrator.insights.comparing.trials import Trial, trial_of
from orchestrator.intake.tables import CustomerRow

_SAMPLES = 5
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Load:
    """Calls of an hour or a day against the hours its agents have; `staff` is None where the queue is not known."""

    bucket: Bucket
    staff: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """`span` is what both ran in, of the period asked for. Where nothing dials, `live` is None."""

    rule: str
    trial: Trial
    span: Span
    live: Side | None
    shadow: Side
    overlap: Overlap
    queue: str | None
    load: Sequence[Load]
    samples: Sequence[Sample]
    judged: Sequence[Judged]

    def only(self, mode: Mode) -> list[Sample]:
        return [each for each in self.samples if each.moment.mode is mode]

    @property
    def has_worth(self) -> bool:
        """Whether either version says what a call is worth."""
        return any(side is not None and (side.value or side.cost) for side in (self.live, self.shadow))


async def compare(
    session: AsyncSession,
    library: RuleLibrary,
    name: str,
    *,
    since: datetime,
    until: datetime,
    zone: str = "UTC",
    now: datetime,
) -> Comparison | None:
    """Return what the version in shadow found in `[since, until)` beside the published one; None where none was tried.

    Times are aware UTC; days are cut in `zone`. Raises `NoSuch` for an unknown rule, `BadInput` for a period that ends
    before it begins or is longer than a year.
    """
    row = await session.get(RuleRow, name)
    if row is None:
        raise NoSuch(f"there is no rule {name}")
    if not timedelta(0) < until - since <= LONGEST:
        raise BadInput("the period is empty or longer than a year", field="from", fix="let it begin earlier, or later")
    trial = await trial_of(session, row)
    if trial is None:
        return None
    begin, end = max(since, trial.since), min(until, trial.until or now, now)
    span = Span(name, trial.version, begin, max(begin, end), zone)
    found, document = await sides(session, span), await library.version(session, name, trial.version)
    queue = next((step.queue for step in document.steps if step.queue is not None), None)
    return Comparison(
        rule=name,
        trial=trial,
        span=span,
        live=found[Mode.LIVE] if trial.beside is not None else None,
        shadow=found[Mode.SHADOW],
        overlap=await overlap(session, span),
        queue=queue,
        load=await _load(session, span, queue),
        samples=await _samples(session, library, row, trial, span, now=now) if trial.beside is not None else (),
        judged=await _judged(session, span) if trial.beside is not None else (),
    )


async def _load(session: AsyncSession, span: Span, queue: str | None) -> list[Load]:
    staff, zone = await staff_of(session, queue), ZoneInfo(span.zone)

    def end(at: datetime) -> datetime:
        if span.unit is Unit.HOUR:
            return at + timedelta(hours=1)
        local = at.astimezone(zone)
        return (local.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)

    return [Load(each, None if staff is None else staff(each.at, end(each.at))) for each in await buckets(session, span)]


async def _samples(
    session: AsyncSession, library: RuleLibrary, row: RuleRow, trial: Trial, span: Span, *, now: datetime
) -> list[Sample]:
    assert trial.beside is not None  # asked by the only caller
    others = {
        Mode.LIVE: Other(await library.compiled(session, row.name, trial.version), trial.version, trial.since),
        Mode.SHADOW: Other(await library.compiled(session, row.name, trial.beside), trial.beside, row.since),
    }
    rows = [await session.get_one(MomentRow, id) for id in await found_alone(session, span, most=_SAMPLES)]
    return [await sample(session, each, others[each.mode], now=now) for each in rows]


async def _judged(session: AsyncSession, span: Span) -> list[Judged]:
    pairs = []
    for live, shadow in await judged_apart(session, span, most=_SAMPLES):
        ours = await session.get_one(MomentRow, live)
        customer = await session.get_one(CustomerRow, ours.customer_id)
        pairs.append(Judged(customer, ours, await session.get_one(MomentRow, shadow)))
    return pairs
