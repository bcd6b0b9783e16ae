"""A back-test as its page shows it: what was found, in the reader's language and on their clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.pages.people import Viewer
from api.pages.rules.backtest_charts import Cell, Chart, chart, hours_of, week
from api.pages.rules.backtest_words import VERDICTS
from orchestrator.backtests.tables import BacktestRow
from orchestrator.detection.verdicts import Verdict
from orchestrator.escalations.words import Language
from orchestrator.insights.naming import rule_titles
from orchestrator.insights.why_words import happened
from orchestrator.intake.tables import CustomerRow, EventRow


@dataclass(frozen=True, slots=True)
class Sign:
    """One event of the evidence, in words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A customer the rule found. `name` is None where nobody knows it, or any more."""

    customer_id: str | None
    name: str | None
    at: datetime
    signs: Sequence[Sign]

    def local(self, zone: str) -> str:
        """Return its time as a field for times on the reader's clock takes it, cut up to whole seconds."""
        return f"{self.at.astimezone(ZoneInfo(zone)) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a back-test that is done found."""

    result: Mapping[str, Any]  # as the row holds it
    chart: Chart
    week: Sequence[Sequence[Cell]]
    verdicts: Sequence[tuple[Verdict, int]]
    overlap: Sequence[tuple[str, str, int]]  # name and title of the other rule, and customers
    samples: Sequence[tuple[Verdict, Sequence[Sample]]]

    @property
    def moments(self) -> int:
        return int(self.result["figures"]["moments"])

    @property
    def calls(self) -> int:
        return dict(self.verdicts).get(Verdict.ESCALATE, 0)

    @property
    def out_of_hours(self) -> int:
        """Return how many of the calls would have been found while nobody was there."""
        return sum(calls for _, _, calls, agents in self.result["hours"] if not agents)


async def found_by(session: AsyncSession, row: BacktestRow, viewer: Viewer, language: str) -> Found | None:
    """Return what it found; None where it is not done."""
    if row.result is None:
        return None
    result, hours = row.result, hours_of(row.result)
    counts, titles = result["figures"]["verdicts"], await rule_titles(session, language)
    when: Any = {"since": row.since, "until": row.until, "zone": viewer.zone}
    return Found(
        result=result,
        chart=chart(hours, **when),
        week=week(hours, **when),
        verdicts=[(verdict, counts[verdict]) for verdict in VERDICTS if verdict in counts],
        overlap=[(each["rule"], titles.get(each["rule"], each["rule"]), each["customers"]) for each in result["overlap"]],
        samples=await _samples(session, result["samples"], Language(language)),
    )


async def _samples(
    session: AsyncSession, samples: Sequence[Mapping[str, Any]], language: Language
) -> list[tuple[Verdict, Sequence[Sample]]]:
    names, signs = await _names(session, samples), await _signs(session, samples, language)
    shown: dict[Verdict, list[Sample]] = {verdict: [] for verdict in VERDICTS}
    for each in samples:
        known = [signs[place] for place in each["evidence"] if place in signs]
        at, customer = datetime.fromisoformat(each["at"]), each["customer"]
        shown[Verdict(each["verdict"])].append(Sample(customer, names.get(customer), at, known))
    return [(verdict, own) for verdict, own in shown.items() if own]


async def _names(session: AsyncSession, samples: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    ids = {UUID(each["customer"]) for each in samples if each["customer"] is not None}
    query = select(CustomerRow.id, col(CustomerRow.attributes)["name"].astext).where(col(CustomerRow.id).in_(ids))
    return {str(id): name for id, name in (await session.exec(query)).all()}


async def _signs(session: AsyncSession, samples: Sequence[Mapping[str, Any]], language: Language) -> dict[str, Sign]:
    """Return the events of all evidence, by `<source> <id>`."""
    places = {place for each in samples for place in each["evidence"]}
    keys = [(place[:cut], place[cut + 1 :]) for place in places for cut, sign in enumerate(place) if sign == " "]
    wanted = tuple_(col(EventRow.source), col(EventRow.id)).in_(keys)
    query = select(EventRow.source, EventRow.id, EventRow.type, EventRow.time).where(wanted)
    rows = (await session.exec(query)).all()
    return {f"{source} {id}": Sign(time, happened(type, language)) for source, id, type, time in rows}
